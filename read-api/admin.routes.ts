/** For ops and analysts: how projections are, and the log itself, page by page. */
import { z } from 'zod';
import type { Position } from '../event-store/port.ts';
import { httpProblem, malformed } from '../platform/http/problem.ts';
import { queryInteger } from '../platform/http/query.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { shownEvent } from './shown-event.ts';

const tag = 'operations';

const statusResource = z.object({
  name: z.string(),
  version: z.number().int(),
  generation: z.number().int(),
  lane: z.number().int(),
  state: z.enum(['live', 'catching_up', 'stalled', 'stopped']),
  position: z.string().nullable(),
  head: z.string().nullable(),
  lagSeconds: z.number(),
  lagEvents: z.number().int().nullable(),
  eventsPerSecond: z.number(),
  lastProgressAt: z.string().nullable(),
  parked: z.number().int(),
  owner: z.string().nullable(),
  error: z.string().nullable(),
});

const eventResource = z.object({
  position: z.string(),
  stream: z.string(),
  revision: z.number().int(),
  id: z.string(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
  metadata: z.looseObject({
    commandId: z.string(),
    correlationId: z.string(),
    causationId: z.string(),
    actor: z.string(),
    occurredAt: z.string(),
    recordedAt: z.string(),
    schemaVersion: z.number().int(),
  }),
});

const names = z.array(z.string().min(1).max(100)).optional();

export function adminRoutes({ log, positions, projectionStatus }: ReadApiDeps): readonly RouteDefinition[] {
  const projections = defineRoute({
    method: 'get',
    path: '/admin/projections',
    summary: 'How each lane of each projection is',
    tag,
    responses: { 200: { description: 'All lanes', schema: z.object({ items: z.array(statusResource) }) } },
    handler: async () => ({ status: 200, body: { items: await projectionStatus() } }),
  });

  const events = defineRoute({
    method: 'get',
    path: '/admin/events',
    summary: 'The log after a position; personal fields stay sealed',
    tag,
    query: z.object({
      after: z.string().max(200).optional(),
      cursor: z.string().max(200).optional(),
      category: names,
      type: names,
      limit: queryInteger({ min: 1, max: 100 }).default(24),
    }),
    responses: {
      200: {
        description: 'A page of events, in the order of the log',
        schema: z.object({ items: z.array(eventResource), nextCursor: z.string().nullable() }),
      },
    },
    async handler({ query }) {
      const after = placeOf(query.after, query.cursor, positions.parse);
      const filter = {
        ...(query.category === undefined ? {} : { categories: query.category }),
        ...(query.type === undefined ? {} : { types: query.type }),
      };
      const page = await log.readAll({ after, filter, limit: query.limit });
      const nextCursor = page.end || page.next === null ? null : positions.format(page.next);
      const items = page.events.map((event) => shownEvent(event, positions.format));
      return { status: 200, body: { items, nextCursor } };
    },
  });

  return [projections, events] as readonly RouteDefinition[];
}

function placeOf(
  after: string | undefined,
  cursor: string | undefined,
  parse: (token: string) => string | undefined,
): Position | null {
  const token = cursor ?? after;
  if (token === undefined) return null;
  const position = parse(token);
  if (position !== undefined) return position as Position;
  if (cursor !== undefined) throw malformed('cursor is not one that this list gave. Start without it.');
  throw httpProblem(400, 'bad_position', 'after is the position of an event of this log, as its list gives it.');
}
