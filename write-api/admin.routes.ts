/** For ops: what can be done to projections and to parked events. It is noted at once and carried out soon after. */
import { z } from 'zod';
import { recordOperation } from '../commands/operations/record-operation.ts';
import { idSchema } from '../domain/ids.ts';
import type { Rejection } from '../domain/rejection.ts';
import { line } from '../domain/text.ts';
import { type Answer, defineRoute, type RouteDefinition, type RouteRequest } from '../platform/http/route.ts';
import { contextOf } from './from-request.ts';
import type { ProjectionWish } from './projection-control.ts';
import { refusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'operations';
const reason = line(1_000);

const SUMMARIES: Readonly<Record<Exclude<ProjectionWish, 'verify'>, string>> = {
  rebuild: 'Build a new generation beside the live one; it is swapped in when it has caught up',
  pause: 'Stop keeping a projection up to date; who waits for it waits in vain',
  resume: 'Go on with a projection that was paused',
  'swap-back': 'Read the generation again that was read before the last swap',
  'drop-previous': 'Keep the generation no longer that was read before the last swap',
};

export function adminRoutes(deps: WriteApiDeps): readonly RouteDefinition[] {
  const wishes = Object.entries(SUMMARIES) as [Exclude<ProjectionWish, 'verify'>, string][];
  return [
    ...wishes.map(([wish, summary]) => projectionRoute(deps, { wish, summary, body: z.strictObject({}) })),
    projectionRoute(deps, {
      wish: 'verify',
      summary: 'Compare its rows with what the log makes of them: all, or a sample of so many',
      body: z.strictObject({ sample: z.number().int().min(1).max(1_000_000).optional() }),
    }),
    parkedRoute(deps, {
      wish: 'retry',
      summary: 'Try a parked event again, and what waits behind it',
      body: z.strictObject({ reason: reason.optional() }),
    }),
    parkedRoute(deps, {
      wish: 'skip',
      summary: 'Leave a parked event out for good, and go on with what waits behind it',
      body: z.strictObject({ reason }),
    }),
  ] as readonly RouteDefinition[];
}

type Offer<W extends string, B> = { readonly wish: W; readonly summary: string; readonly body: z.ZodType<B> };

function projectionRoute<B extends { readonly sample?: number | undefined }>(
  { shop, wishProjection }: WriteApiDeps,
  { wish, summary, body }: Offer<ProjectionWish, B>,
) {
  return defineRoute({
    method: 'post',
    path: `/admin/projections/{name}/${wish}`,
    summary,
    tag,
    params: z.object({ name: z.string().regex(/^[a-z0-9-]{1,100}$/) }),
    body,
    responses: {
      202: { description: 'It is noted', schema: z.object({ name: z.string(), wish: z.literal(wish) }) },
      ...refusals({ 404: ['not_found'], 409: ['not_possible'] }),
    },
    handler(request) {
      const { name } = request.params;
      const { sample } = request.body;
      const detail = sample === undefined ? {} : { detail: { sample } };
      return noted(shop, request, {
        operation: { action: `projections.${wish}`, subject: name, ...detail },
        act: () => wishProjection(wish, name, { by: request.actor, sample }),
        body: { name, wish },
      });
    },
  });
}

function parkedRoute<B extends { readonly reason?: string | undefined }>(
  { shop, wishParked }: WriteApiDeps,
  { wish, summary, body }: Offer<'retry' | 'skip', B>,
) {
  return defineRoute({
    method: 'post',
    path: `/admin/parked/{parkedId}/${wish}`,
    summary,
    tag,
    params: z.object({ parkedId: idSchema }),
    body,
    responses: {
      202: { description: 'It is noted', schema: z.object({ id: z.string(), wish: z.literal(wish) }) },
      ...refusals({ 404: ['not_found'] }),
    },
    handler(request) {
      const { parkedId: id } = request.params;
      const why = request.body.reason;
      return noted(shop, request, {
        operation: { action: `parked.${wish}`, subject: id, ...(why === undefined ? {} : { reason: why }) },
        act: () => wishParked(id, { wish, reason: why, by: request.actor }),
        body: { id, wish },
      });
    },
  });
}

type Doing = {
  readonly operation: { readonly action: string; readonly subject: string; readonly reason?: string };
  readonly act: () => Promise<Rejection | undefined>;
  readonly body: unknown;
};

/** The audit log first: what it cannot take is not done. What is refused was asked for, and stands there too. */
async function noted(
  shop: WriteApiDeps['shop'],
  request: RouteRequest<unknown, unknown, unknown>,
  { operation, act, body }: Doing,
): Promise<Answer | Rejection> {
  const position = await recordOperation(shop, { ...operation, address: request.ip }, contextOf(request));
  return (await act()) ?? { status: 202, body, position };
}
