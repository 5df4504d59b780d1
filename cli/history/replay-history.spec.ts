/** Folds over a log, and how they fail. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createMemoryEventStore } from '../../commands/testing/memory-event-store.ts';
import { id, termsFor } from '../../domain/testing/samples.ts';
import type { EventStore, JsonObject, NewEvent } from '../../event-store/port.ts';
import { testEvent } from '../../event-store/testing-events.ts';
import { CommandFailed } from '../exit.ts';
import type { Fold, FoldedEvent } from './fold.ts';
import { loadFold } from './load-fold.ts';
import { type ReplayOptions, replayHistory } from './replay-history.ts';

let store: EventStore;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'souk-fold-'));
  store = createMemoryEventStore();
  for (const n of [1, 2, 3]) await shop(n);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A cart with one line; the first two become orders, of which the first is confirmed after five seconds. */
async function shop(n: number): Promise<void> {
  const cartId = id(100 + n);
  const terms = { ...termsFor(id(n), [{ variantId: id(7), quantity: n }]), cartId };
  const line = { variantId: id(7), productId: id(20), quantity: n, unitPrice: { amount: 1999, currency: 'USD' } };
  const cart = [
    at(0, 'CartOpened', { cartId, buyerId: null, cartTokenHash: null }),
    at(1, 'ItemAdded', { cartId, quantity: n, line }),
  ];
  if (n < 3) cart.push(at(2, 'CartCheckedOut', { cartId, terms: { ...terms } }));
  await store.append(`cart-${cartId}`, cart, 'no-stream');
  if (n === 3) return;
  const confirmed = at(8, 'OrderConfirmed', { orderId: id(n), cartId });
  const placed = at(3, 'OrderPlaced', { ...terms });
  await store.append(`order-${id(n)}`, n === 1 ? [placed, confirmed] : [placed], 'no-stream');
}

function at(second: number, type: string, data: JsonObject): NewEvent {
  const { metadata, ...event } = testEvent(JSON.parse(JSON.stringify(data)) as JsonObject, type);
  const occurredAt = `2026-03-01T12:00:0${second}.000Z`;
  return { ...event, metadata: { ...metadata, occurredAt, recordedAt: occurredAt } };
}

const signal = new AbortController().signal;
const replay = async (fold: Fold<never> | Fold<unknown>, options: Partial<ReplayOptions> = {}) =>
  (await replayHistory(store, fold as Fold<unknown>, { signal, ...options }))?.result;
const types: Fold<string[]> = { initial: [], evolve: (seen, { type }) => [...seen, type] };

it('folds what was chosen, in the order of the log', async () => {
  const all = (await replay(types as Fold<never>)) as string[];
  expect(all).toHaveLength(11);
  expect(await replay(types as Fold<never>, { stream: `order-${id(1)}` })).toEqual(['OrderPlaced', 'OrderConfirmed']);
  expect(await replay(types as Fold<never>, { choosing: { category: ['order'] } })).toHaveLength(3);
  const until = '2026-03-01T12:00:01.000Z';
  expect(await replay(types as Fold<never>, { choosing: { until } })).toEqual([
    'CartOpened',
    'CartOpened',
    'CartOpened',
  ]);
});

it('shows an event as every verb does, with personal fields sealed', async () => {
  const last: Fold<FoldedEvent | null> = { initial: null, evolve: (_before, event) => event };
  const event = (await replay(last as Fold<never>, {
    choosing: { type: ['OrderPlaced'] },
  })) as FoldedEvent<'OrderPlaced'>;
  const [stored] = await store.read(`order-${id(2)}`);
  expect(event).toMatchObject({ stream: stored?.stream, revision: 0, id: stored?.id, data: stored?.data });
  expect(event.metadata).toMatchObject({ correlationId: stored?.metadata.$correlationId, actor: 'cli:test' });
  expect(event.position).toMatch(/^[\da-f]{8}-1-\d{16}$/);
  expect(event.data.email).toEqual({ $sealed: 'email', person: id(1) });
});

it('runs the examples of the guide', async () => {
  const example = (name: string) => loadFold(`docs/examples/${name}.ts`);
  const total = termsFor(id(1), [{ variantId: id(7), quantity: 1 }]).quote.totals.total.amount;
  const day = { day: '2026-03-01', currency: 'USD', orders: 1, amount: total, secondsToConfirm: 5, longest: 5 };
  expect(await replay(await example('revenue-per-day'))).toEqual([day]);
  expect(await replay(await example('forgotten-carts'))).toEqual({
    checkedOut: 2,
    forgotten: 1,
    amounts: new Map([['USD', 3 * 1999]]),
    most: [{ productId: id(20), quantity: 3 }],
  });
});

it.each<[string, Partial<Fold<unknown>>, RegExp]>([
  [
    'throws',
    { evolve: () => fail('no such day') },
    /^evolve failed at \S+-1-0{15}1 \(CartOpened of cart-\S+, revision 0\): .*no such day/,
  ],
  ['gives back nothing', { evolve: () => undefined }, /gave back nothing at .*CartOpened.*next state/],
  ['is asynchronous', { evolve: async () => 1 }, /gave back a promise at .*CartOpened/],
  ['cannot finish', { evolve: () => 1, finish: () => fail('nothing there') }, /^finish failed: .*nothing there/],
])('tells where a fold that %s went wrong', async (_what, fold, why) => {
  const failed = await replay({ initial: 0, evolve: () => 0, ...fold }).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(CommandFailed);
  expect(failed).toMatchObject({ exitCode: 1, message: expect.stringMatching(why) });
});

function fail(why: string): never {
  throw new Error(why);
}

it('names an event that this version cannot read', async () => {
  const odd = createMemoryEventStore();
  await odd.append('cart-1', [testEvent({}, 'Foreign')], 'no-stream');
  await expect(replayHistory(odd, types, { signal })).rejects.toThrow(/Foreign of cart-1, revision 0\) cannot be read/);
});

it('takes folds by name and as the default, and refuses what is none', async () => {
  const file = (name: string, content: string) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const named = await loadFold(file('named.mjs', 'export const initial = 0; export const evolve = (n) => n + 1;'));
  expect(await replay(named)).toBe(11);
  const whole = await loadFold(file('whole.mjs', 'export default { initial: 0, evolve: (n) => n + 2 };'));
  expect(await replay(whole)).toBe(22);
  const refused = async (path: string) => loadFold(path).catch((error: unknown) => error);
  expect(await refused(join(folder, 'nowhere.ts'))).toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/not there/),
  });
  expect(await refused(file('odd.mjs', 'export const initial = 0;'))).toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/is no fold/),
  });
  expect(await refused(file('broken.mjs', 'throw new Error("at load")'))).toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/at load/),
  });
});
