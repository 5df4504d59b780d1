/** What ops ask for is written down first, and not done where that fails. */
import { describe, expect, it } from '@jest/globals';
import type { Shop } from '../commands/shop.ts';
import { reject } from '../domain/rejection.ts';
import { LogUnavailable } from '../event-store/port.ts';
import type { RouteRequest } from '../platform/http/route.ts';
import { newId } from '../platform/ids.ts';
import { adminRoutes } from './admin.routes.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

type Command = { readonly operationId: string; readonly action: string; readonly [name: string]: unknown };

const userId = newId();
const parkedId = newId();

/** The routes on a log that takes what it is given, or nothing; `order` is what happened, as it happened. */
function opened(options: { readonly away?: boolean; readonly refusal?: ReturnType<typeof reject> } = {}) {
  const order: unknown[] = [];
  const runtime = {
    async handle(_decider: unknown, id: string, { type: _, ...command }: Command & { readonly type: string }) {
      if (options.away) throw new LogUnavailable('the log is away');
      order.push({ recorded: { ...command, operationId: id } });
      return { state: { status: 'recorded' }, revision: 0, position: '0001', events: [], repeated: false };
    },
  };
  const keys = { seal: async (person: string, plain: unknown) => ({ $sealed: String(plain), person }) };
  const wish = async (...asked: readonly unknown[]) => {
    order.push({ wished: asked });
    return options.refusal;
  };
  const shop = { runtime, keys } as unknown as Shop;
  const routes = adminRoutes({ shop, wishProjection: wish, wishParked: wish } as unknown as WriteApiDeps);
  const ask = (path: string, params: object, body: object = {}) => {
    const route = routes.find((route) => route.path === path);
    if (route === undefined) throw new Error(`there is no ${path}`);
    const asked = { params, body, actor: `user:${userId}`, ip: '192.0.2.1', commandId: newId() };
    const request = { ...asked, issuedAt: '2026-03-01T12:00:00.000Z', correlationId: newId() };
    return route.handler(request as unknown as RouteRequest<unknown, unknown, unknown>);
  };
  return { order, ask, routes };
}

describe('a wish', () => {
  it('is recorded with who, what and from where before it is made', async () => {
    const { order, ask } = opened();
    const answer = await ask('/admin/projections/{name}/verify', { name: 'orders' }, { sample: 10 });
    expect(answer).toEqual({ status: 202, body: { name: 'orders', wish: 'verify' }, position: '0001' });
    const address = { $sealed: '192.0.2.1', person: userId };
    const recorded = { action: 'projections.verify', subject: 'orders', detail: { sample: 10 }, address };
    expect(order).toMatchObject([{ recorded }, { wished: ['verify', 'orders', { by: `user:${userId}`, sample: 10 }] }]);
  });

  it('is not made where it cannot be recorded', async () => {
    const { order, ask } = opened({ away: true });
    await expect(ask('/admin/projections/{name}/rebuild', { name: 'orders' })).rejects.toThrow('the log is away');
    expect(order).toEqual([]);
  });

  it('that is not possible stands in the audit log, and is refused', async () => {
    const refusal = reject('not_possible', 'There is no previous generation.');
    const { order, ask } = opened({ refusal });
    expect(await ask('/admin/projections/{name}/swap-back', { name: 'orders' })).toBe(refusal);
    expect(order).toHaveLength(2);
  });

  it('to skip takes its reason along', async () => {
    const { order, ask } = opened();
    await ask('/admin/parked/{parkedId}/skip', { parkedId }, { reason: 'settled by hand' });
    const by = `user:${userId}`;
    expect(order).toMatchObject([
      { recorded: { action: 'parked.skip', subject: parkedId, reason: 'settled by hand' } },
      { wished: [parkedId, { wish: 'skip', reason: 'settled by hand', by }] },
    ]);
  });
});
