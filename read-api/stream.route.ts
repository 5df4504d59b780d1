/** `GET /admin/streams/{stream}`: an aggregate as it was, what changed, and its events. */
import { z } from 'zod';
import { type Moment, parseMoment } from '../domain/history.ts';
import { orderActionResource, orderStatusSchema } from '../domain/resources.ts';
import { storable } from '../domain/text.ts';
import type { Position } from '../event-store/port.ts';
import { malformed, notFound } from '../platform/http/problem.ts';
import { queryInteger } from '../platform/http/query.ts';
import { defineRoute, type RouteRequest } from '../platform/http/route.ts';
import { audited, given } from './audited.ts';
import { queryInstant } from './query-instant.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { eventResource, shownEvent } from './shown-event.ts';
import { NoSuchMoment, streamDiff, streamThen } from './stream-history.ts';

const nullableText = z.string().nullable();
const revision = z.number().int();
const place = { revision: revision.nullable(), position: nullableText, recordedAt: nullableText };
/** Of an order: what clients saw of it then. */
const standing = z
  .object({
    status: orderStatusSchema,
    reason: z.object({ code: z.string(), detail: z.string() }).optional(),
    action: orderActionResource.optional(),
  })
  .optional();
const end = z.object({ ...place, standing, unreadable: z.string().optional() });
const between = z.object({
  position: z.string(),
  revision,
  type: z.string(),
  recordedAt: z.string(),
  actor: z.string(),
});
const change = z.object({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() });

const streamResource = z.object({
  stream: z.string(),
  ...end.shape,
  state: z.unknown(),
  diff: z
    .object({
      from: end,
      to: end,
      changes: z.array(change),
      events: z.array(between),
      found: revision,
    })
    .optional(),
  events: z.array(eventResource),
  nextCursor: nullableText,
});

/** Of a hot stream there may be hundreds of thousands between two moments; `found` counts them all. */
const BETWEEN_LISTED = 100;

const params = z.object({ stream: storable(z.string().regex(/^[a-z]+(-.{1,500})?$/)) });
const query = z.object({
  at: queryInstant().optional().describe('As it was at this time'),
  revision: queryInteger({ min: 0, max: 2_147_483_647 }).optional().describe('As it was at this revision'),
  diff: z.string().max(40).optional().describe('Another time or revision: also what changed between the two'),
  cursor: z.string().min(1).max(200).optional(),
  limit: queryInteger({ min: 1, max: 100 }).default(100),
});
type Asked = RouteRequest<z.output<typeof params>, z.output<typeof query>, unknown>;

export function streamRoute(deps: ReadApiDeps) {
  return defineRoute({
    method: 'get',
    path: '/admin/streams/{stream}',
    summary: 'A stream as it is or was: its state, its events up to then, what changed; personal fields stay sealed',
    tag: 'operations',
    params,
    query,
    responses: { 200: { description: 'The aggregate and a page of its events', schema: streamResource } },
    handler: audited(
      deps.recordLook,
      ({ params: { stream }, query: { cursor: _, limit: __, ...then } }) => ({
        action: 'streams.read',
        subject: stream,
        ...given(then),
      }),
      async (request) => {
        try {
          return { status: 200, body: await shown(deps, request) };
        } catch (error) {
          if (error instanceof NoSuchMoment) throw notFound();
          throw error;
        }
      },
    ),
  });
}

async function shown({ log, positions, cursors }: ReadApiDeps, { params: { stream }, query }: Asked) {
  const source = { log, format: (position: Position) => positions.format(position) };
  const moment = momentOf(query);
  const other = query.diff === undefined ? undefined : otherMoment(query.diff);
  const list = JSON.stringify(['stream', stream, moment]);
  const from =
    query.cursor === undefined ? 0 : Number((cursors.decode(list, query.cursor) as { readonly from: number }).from);
  const then = await streamThen(source, stream, moment);
  const diff = other && (await streamDiff(source, stream, [other, moment]));
  const last = then.revision ?? -1;
  const events = await log.read(stream, { from, limit: Math.max(1, Math.min(query.limit, last - from + 1)) });
  const next = from + events.length;
  return {
    stream,
    ...then,
    ...(diff && { diff: { ...diff, events: diff.events.slice(0, BETWEEN_LISTED), found: diff.events.length } }),
    events: events.map((event) => shownEvent(event, positions.format)),
    nextCursor: next <= last ? cursors.encode(list, { from: next }) : null,
  };
}

function momentOf({ at, revision }: Asked['query']): Moment {
  if (at !== undefined && revision !== undefined) throw malformed('Take at or revision, not both.');
  return at !== undefined ? { at } : revision !== undefined ? { revision } : 'end';
}

function otherMoment(diff: string): Moment {
  const moment = parseMoment(diff);
  if (moment === undefined) throw malformed('diff is a time as 2026-11-22T12:00:00Z, or a revision from 0.');
  return moment;
}
