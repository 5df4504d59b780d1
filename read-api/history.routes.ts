/** The history itself, for ops and analysts: page by page, as it happens, and a stream as it was. */
import { z } from 'zod';
import { text } from '../domain/text.ts';
import type { Position } from '../event-store/port.ts';
import { httpProblem, malformed } from '../platform/http/problem.ts';
import { queryInteger } from '../platform/http/query.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { sse } from '../platform/http/sse.ts';
import { audited, given } from './audited.ts';
import { createBells } from './bells.ts';
import { LOG, logFeed } from './log-feed.ts';
import { filterOf, logPage } from './log-page.ts';
import { queryInstant } from './query-instant.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { eventResource, shownEvent } from './shown-event.ts';
import { streamRoute } from './stream.route.ts';

const tag = 'operations';
const names = z.array(text(100, 1)).optional();
const place = text(200).optional();
const after = place.describe('A position: only what stands after it');

export function historyRoutes(deps: ReadApiDeps): readonly RouteDefinition[] {
  return [events(deps), feed(deps), streamRoute(deps)] as readonly RouteDefinition[];
}

function events({ log, positions, recordLook }: ReadApiDeps) {
  const query = z.object({
    after,
    cursor: place,
    stream: text(1_000, 1).optional(),
    category: names,
    type: names,
    actor: text(200, 1).optional(),
    since: queryInstant().optional().describe('Recorded at this time or later'),
    until: queryInstant().optional().describe('Recorded before this time'),
    limit: queryInteger({ min: 1, max: 100 }).default(24),
  });
  return defineRoute({
    method: 'get',
    path: '/admin/events',
    summary: 'The log, page by page; personal fields stay sealed',
    tag,
    query,
    responses: {
      200: {
        description:
          'A page of events, in the order of the log. What is rare may fill no page: go on until nextCursor is null',
        schema: z.object({ items: z.array(eventResource), nextCursor: z.string().nullable() }),
      },
    },
    handler: audited(
      recordLook,
      ({ query: { after: _, cursor: __, limit: ___, ...filters } }) => ({
        action: 'events.read',
        subject: filters.stream ?? LOG,
        ...given(filters),
      }),
      async ({ query: { after, cursor, ...wanted } }) => {
        const page = await logPage(log, { ...wanted, after: placeOf({ after, cursor }, positions.parse) });
        const items = page.events.map((event) => shownEvent(event, positions.format));
        return { status: 200, body: { items, nextCursor: page.next === null ? null : positions.format(page.next) } };
      },
    ),
  });
}

function feed(deps: ReadApiDeps) {
  const { log, positions, recordLook } = deps;
  const bells = createBells(deps.onEvents, () => LOG);
  return defineRoute({
    method: 'get',
    path: '/admin/events/stream',
    summary: 'The log as it happens, from now on or after an event; personal fields stay sealed',
    tag,
    query: z.object({ after, category: names, type: names }),
    produces: ['text/event-stream'],
    responses: { 200: { description: 'event: event, id: its position, data: the event; a comment every 15 s' } },
    handler: audited(
      recordLook,
      ({ query: { after: _, ...filters } }) => ({ action: 'events.follow', subject: LOG, ...given(filters) }),
      async ({ query: { after, ...wanted }, header, signal }) => {
        const last = header('last-event-id') || undefined;
        const from = placeOf({ after: last ?? after, cursor: undefined }, positions.parse) ?? (await log.head());
        return sse(logFeed({ log, positions, bells }, { after: from, filter: filterOf(wanted), signal }), { signal });
      },
    ),
  });
}

function placeOf(
  { after, cursor }: { readonly after: string | undefined; readonly cursor: string | undefined },
  parse: (token: string) => string | undefined,
): Position | null {
  const token = cursor ?? after;
  if (token === undefined) return null;
  const position = parse(token);
  if (position !== undefined) return position as Position;
  if (cursor !== undefined) throw malformed('cursor is not one that this list gave. Start without it.');
  throw httpProblem(400, 'bad_position', 'after is the position of an event of this log, as its list gives it.');
}
