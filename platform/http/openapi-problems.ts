/** Which problems each route can answer with, and how the API's description words them. */
import type { AccessPolicy } from './access.ts';
import type { JsonSchema } from './openapi-schema.ts';
import type { RouteDefinition } from './route.ts';
import { parameterNames } from './route-table.ts';

/** Status to codes: the conventions' and the route's own. */
export function problemCodes(
  route: RouteDefinition,
  policy: AccessPolicy<unknown>,
  options: { readonly limited: boolean },
): ReadonlyMap<number, readonly string[]> {
  const codes = new Map<number, string[]>();
  const add = (status: number, ...names: readonly string[]): void => {
    codes.set(status, [...new Set([...(codes.get(status) ?? []), ...names])]);
  };
  const writes = route.method !== 'get';
  const keyed = writes && route.idempotency !== 'none';
  add(400, 'malformed');
  if (!writes && route.reads !== undefined) add(400, 'bad_position');
  if (route.idempotency === 'required') add(400, 'idempotency_key_required');
  const refusals = policy.refusals(route);
  if (refusals.includes('unauthenticated')) add(401, 'unauthenticated');
  if (refusals.includes('forbidden')) add(403, 'forbidden');
  if (refusals.includes('not_found') || parameterNames(route.path).length > 0) add(404, 'not_found');
  add(406, 'not_acceptable');
  if (writes) {
    add(413, 'too_large');
    add(415, 'unsupported_media_type');
    add(422, 'invalid', ...(keyed ? ['idempotency_key_reused'] : []));
  }
  if (keyed) add(409, 'in_progress');
  if (options.limited) add(429, 'rate_limited');
  add(500, 'internal');
  add(503, 'unavailable', ...(!writes && route.reads !== undefined ? ['not_caught_up'] : []));
  for (const [status, response] of Object.entries(route.responses)) {
    if (response.codes !== undefined) add(Number(status), ...response.codes);
  }
  return codes;
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'It cannot be read: JSON, a header, a cursor, or a query parameter that is unknown or out of range',
  401: 'Nobody proved who they are',
  403: 'Yours to see, not to do',
  404: 'Unknown, not yours to see, or a malformed id',
  406: 'Nothing that Accept allows can be answered',
  409: 'The state forbids it, or the first request with this key is still running',
  412: 'The resource is at another revision than If-Match names',
  413: 'More than 1 MiB',
  415: 'Not JSON in UTF-8',
  422: 'The body does not fit, or the key came with another body before',
  429: 'Too many requests',
  500: 'Our fault',
  503: 'Shedding load, an engine is away, or what is read has not caught up',
};

/** The response of one status. */
export function problemResponse(status: number, codes: readonly string[], description?: string): JsonSchema {
  const schema = { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }] };
  return {
    description: description ?? DESCRIPTIONS[status] ?? 'A problem',
    headers: { ...COMMON_HEADERS, ...(HEADERS[status] ?? {}) },
    content: { 'application/problem+json': { schema } },
  };
}

const header = (name: string) => ({ $ref: `#/components/headers/${name}` });

/** On every answer. */
export const COMMON_HEADERS: JsonSchema = { 'X-Request-Id': header('X-Request-Id') };

/** On every answer of a route that is limited. */
export const RATE_LIMIT_HEADERS: JsonSchema = {
  'RateLimit-Limit': header('RateLimit-Limit'),
  'RateLimit-Remaining': header('RateLimit-Remaining'),
  'RateLimit-Reset': header('RateLimit-Reset'),
};

const HEADERS: Readonly<Record<number, JsonSchema>> = {
  409: { 'Retry-After': header('Retry-After') },
  401: { 'WWW-Authenticate': header('WWW-Authenticate') },
  429: { 'Retry-After': header('Retry-After'), ...RATE_LIMIT_HEADERS },
  503: { 'Retry-After': header('Retry-After'), 'Souk-Position': header('Souk-Position') },
};

/** RFC 9457, with what Souk adds. Further members are allowed: rules add their own. */
export const PROBLEM_SCHEMA: JsonSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable and machine-readable' },
    detail: { type: 'string', description: 'What is wrong and what to do, for a person' },
    parked: {
      type: 'object',
      description: 'With not_caught_up: what is waited for could not be applied, and waits for operations',
      required: ['projection', 'key', 'id'],
      properties: { projection: { type: 'string' }, key: { type: 'string' }, id: { type: 'string', format: 'uuid' } },
    },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer (RFC 6901) to the field' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

const text = (description: string) => ({ description, schema: { type: 'string' } });
const count = (description: string) => ({ description, schema: { type: 'integer' } });

export const HEADER_COMPONENTS: JsonSchema = {
  'X-Request-Id': text('Names this request in our logs'),
  'Retry-After': count('Seconds to wait before trying again'),
  'WWW-Authenticate': text('How to prove who calls'),
  'Souk-Position': text('Opaque: send it as Souk-Wait-For with a read that must see this write'),
  'Souk-Search': text('fallback: the engine of search was away or behind, and Postgres answered in its place'),
  'Idempotent-Replayed': text('true: this is the answer to the first request with this Idempotency-Key'),
  ETag: text('"<revision>.<digest>": for If-Match and If-None-Match'),
  Link: text('rel="next": the next page, of a list that is answered as CSV'),
  Location: text('Path of what was made'),
  'RateLimit-Limit': count('Requests a caller may make in a window'),
  'RateLimit-Remaining': count('How many are left'),
  'RateLimit-Reset': count('Seconds until the window begins anew'),
};
