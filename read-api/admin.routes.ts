/** For ops and analysts: how projections are, what is parked, and who did what. */
import { z } from 'zod';
import { text } from '../domain/text.ts';
import type { Position } from '../event-store/port.ts';
import { pageQuery } from '../platform/http/query.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { listAudit } from '../projections/audit/queries.ts';
import { listParked } from '../projections/runtime/parked-items.ts';
import { listVerifications, type Verification } from '../projections/runtime/verify/requests.ts';
import { audited, given } from './audited.ts';
import { queryInstant } from './query-instant.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

const tag = 'operations';
const count = z.number().int();
const nullableText = z.string().nullable();

const statusResource = z.object({
  name: z.string(),
  version: z.number().int(),
  generation: z.number().int(),
  /** What the generation is for: `live` is what is read. */
  role: z.enum(['building', 'live', 'previous', 'scratch', 'dropping']),
  lane: z.number().int(),
  state: z.enum(['live', 'catching_up', 'stalled', 'paused']),
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

const parkedResource = z.object({
  id: z.string(),
  name: z.string(),
  generation: count,
  lane: count,
  key: z.string(),
  position: z.string(),
  eventId: nullableText,
  type: nullableText,
  stream: nullableText,
  error: z.string(),
  stack: nullableText,
  attempts: count,
  parkedAt: z.string(),
  waiting: count.describe('How many events of the same row stand behind it'),
  wish: z.enum(['retry', 'skip']).nullable(),
});

const auditResource = z.object({
  id: z.string(),
  action: z.string(),
  subject: z.string(),
  reason: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
  actor: z.string(),
  address: nullableText,
  stream: z.string(),
  occurredAt: z.string(),
});

const verificationResource = z.object({
  id: z.string(),
  name: z.string(),
  sample: z.number().int().nullable(),
  by: z.string(),
  askedAt: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  finishedAt: nullableText,
  result: z
    .object({
      generation: z.number().int(),
      version: z.number().int(),
      rows: z.number().int(),
      position: nullableText,
      equal: z.boolean(),
      differing: z.number().int(),
      parked: z.number().int(),
      differences: z.array(
        z.object({
          key: z.string(),
          kind: z.enum(['changed', 'missing', 'extra']),
          columns: z.array(z.string()),
          events: z.array(z.object({ position: z.string(), type: z.string(), stream: z.string() })),
        }),
      ),
    })
    .nullable(),
  error: nullableText,
});

const pageOf = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item), nextCursor: nullableText });

export function adminRoutes(deps: ReadApiDeps): readonly RouteDefinition[] {
  return [projections(deps), verifications(deps), parked(deps), audit(deps)] as readonly RouteDefinition[];
}

function projections({ projectionStatus, positions, recordLook }: ReadApiDeps) {
  return defineRoute({
    method: 'get',
    path: '/admin/projections',
    summary: 'How each lane of each projection is',
    tag,
    responses: { 200: { description: 'All lanes', schema: z.object({ items: z.array(statusResource) }) } },
    handler: audited(
      recordLook,
      () => ({ action: 'projections.read', subject: 'projections' }),
      async () => {
        const shown = (position: Position | null) => position && positions.format(position);
        const items = (await projectionStatus()).map((lane) => ({
          ...lane,
          position: shown(lane.position),
          head: shown(lane.head),
        }));
        return { status: 200, body: { items } };
      },
    ),
  });
}

function verifications(deps: ReadApiDeps) {
  const format = deps.positions.format;
  return listedByName(deps, {
    list: 'verifications',
    summary: 'Comparisons of rows with the log that were asked for, newest first',
    description: 'A page of verifications',
    schema: verificationResource,
    find: (page) => listVerifications(deps.reader, page),
    shown: ({ result, ...item }) => ({ ...item, result: result && shownResult(result, format) }),
  });
}

function shownResult(result: NonNullable<Verification['result']>, format: (position: Position) => string) {
  return {
    ...result,
    position: result.position && format(result.position),
    differences: result.differences.map(({ events, ...difference }) => ({
      ...difference,
      events: events.map((event) => ({ ...event, position: format(event.position) })),
    })),
  };
}

function parked(deps: ReadApiDeps) {
  return listedByName(deps, {
    list: 'parked',
    summary: 'Events that could not be applied, the first of each row, oldest first',
    description: 'A page of parked events',
    schema: parkedResource,
    find: (page) => listParked(deps.reader, page),
    shown: (item) => ({ ...item, position: deps.positions.format(item.position as Position) }),
  });
}

type Listed<T> = {
  /** Also the last part of its path. */
  readonly list: 'verifications' | 'parked';
  readonly summary: string;
  readonly description: string;
  readonly schema: z.ZodType;
  readonly find: (page: {
    readonly name: string | undefined;
    readonly after: string | undefined;
    readonly limit: number;
  }) => Promise<readonly T[]>;
  readonly shown: (item: T) => object;
};

/** A list of what concerns projections, of one of them where it is named; goes on after the id of the last one seen. */
function listedByName<T extends { readonly id: string }>(
  { cursors, recordLook }: ReadApiDeps,
  { list, summary, description, schema, find, shown }: Listed<T>,
) {
  return defineRoute({
    method: 'get',
    path: `/admin/${list}`,
    summary,
    tag,
    query: z.object({ ...pageQuery, name: text(100, 1).optional() }),
    responses: { 200: { description, schema: pageOf(schema) } },
    handler: audited(
      recordLook,
      ({ query: { name } }) => ({ action: `${list}.read`, subject: list, ...given({ name }) }),
      async ({ query: { name, cursor, limit } }) => {
        const key = JSON.stringify([list, name]);
        const after = cursor === undefined ? undefined : String(cursors.decode(key, cursor));
        const found = await find({ name, after, limit: limit + 1 });
        const items = found.slice(0, limit);
        const last = found.length > limit ? items.at(-1) : undefined;
        const nextCursor = last ? cursors.encode(key, last.id) : null;
        return { status: 200, body: { items: items.map(shown), nextCursor } };
      },
    ),
  });
}

function audit({ reader, cursors, recordLook }: ReadApiDeps) {
  const query = z.object({
    ...pageQuery,
    actor: text(200, 1).optional().describe('As user:{id} or cli:{name}, or a user’s id alone'),
    subject: text(1_000, 1).optional().describe('What it was done to: a projection, a stream, or the id in its name'),
    from: queryInstant().optional().describe('At this time or later'),
    to: queryInstant().optional().describe('Before this time'),
  });
  return defineRoute({
    method: 'get',
    path: '/admin/audit',
    summary: 'Who did what, when and from where, newest first; the same read is one entry a minute',
    tag,
    query,
    reads: ['audit'],
    responses: { 200: { description: 'A page of the audit log', schema: pageOf(auditResource) } },
    handler: audited(
      recordLook,
      ({ query: { cursor: _, limit: __, ...filters } }) => ({
        action: 'audit.read',
        subject: 'audit',
        ...given(filters),
      }),
      async ({ query: { cursor, limit, ...filters } }) => {
        const list = JSON.stringify(['audit', filters]);
        const place = cursor === undefined ? undefined : String(cursors.decode(list, cursor));
        const page = await listAudit(reader, { ...filters, cursor: place, limit });
        const nextCursor = page.nextCursor === null ? null : cursors.encode(list, page.nextCursor);
        return { status: 200, body: { items: page.items, nextCursor }, position: page.position };
      },
    ),
  });
}
