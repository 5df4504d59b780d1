/** OpenAPI 3.1 from the routes themselves: what is checked is what is described. */
import { z } from 'zod';
import { CSV_TYPE } from './csv.ts';
import type { AppOptions } from './kit.ts';
import { typesOf } from './media-types.ts';
import {
  COMMON_HEADERS,
  HEADER_COMPONENTS,
  PROBLEM_SCHEMA,
  problemCodes,
  problemResponse,
  RATE_LIMIT_HEADERS,
} from './openapi-problems.ts';
import { type Hoisted, type JsonSchema, jsonSchemaOf } from './openapi-schema.ts';
import { defineRoute, type RouteDefinition } from './route.ts';
import { parameterNames, shapeOf } from './route-table.ts';
import { strict } from './validation.ts';

type Described = Pick<AppOptions, 'routes' | 'elsewhere' | 'operations' | 'access' | 'api' | 'rateLimit'>;

/** `GET /openapi.json`, itself described. The document is made once, at the first request. */
export function openApiRoute(options: () => Described): RouteDefinition {
  let document: JsonSchema | undefined;
  return defineRoute({
    method: 'get',
    path: '/openapi.json',
    summary: 'This description, in OpenAPI 3.1',
    tag: 'operations',
    responses: { 200: { description: 'The document', schema: z.looseObject({ openapi: z.string() }) } },
    async handler() {
      document ??= openApiDocument(options());
      return { status: 200, body: document };
    },
  });
}

/** The document of all routes. */
export function openApiDocument(options: Described): JsonSchema {
  const hoisted: Hoisted = new Map();
  const paths: Record<string, JsonSchema> = {};
  const named = new Map<string, string>();
  const operations = new Set(options.operations ?? []);
  const routes = [...options.routes, ...(options.elsewhere ?? []), ...operations];
  for (const route of routes) {
    // One path has one set of names for its parameters: those of its first route.
    const path = named.get(shapeOf(route.path)) ?? route.path;
    named.set(shapeOf(route.path), path);
    const limited = options.rateLimit !== 'off' && !operations.has(route);
    paths[path] = { ...paths[path], [route.method]: operation(route, { options, path, hoisted, limited }) };
  }
  return {
    openapi: '3.1.0',
    info: { title: options.api.title, version: options.api.version },
    ...(options.api.publicUrl === undefined ? {} : { servers: [{ url: options.api.publicUrl }] }),
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: { Problem: PROBLEM_SCHEMA, ...Object.fromEntries(hoisted) },
      headers: HEADER_COMPONENTS,
      securitySchemes: SECURITY,
    },
  };
}

const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  cartToken: {
    type: 'apiKey',
    in: 'header',
    name: 'Souk-Cart-Token',
    description: 'Proves a guest’s cart and its order',
  },
  ticket: {
    type: 'apiKey',
    in: 'query',
    name: 'ticket',
    description: 'From POST /stream-tickets, for streams in browsers',
  },
};

type Context = {
  readonly options: Described;
  readonly path: string;
  readonly hoisted: Hoisted;
  readonly limited: boolean;
};

function operation(route: RouteDefinition, context: Context): JsonSchema {
  const id = operationId(route);
  const { policy } = context.options.access;
  const anonymous =
    policy.early(route, { caller: { kind: 'anonymous' }, cartTokenHash: undefined }) !== 'unauthenticated';
  const streams = route.produces?.includes('text/event-stream') === true;
  return {
    operationId: id,
    summary: route.summary,
    tags: [route.tag],
    ...(policy.ignoresCredentials(route)
      ? { security: [] }
      : {
          security: [
            ...(anonymous ? [{}] : []),
            { bearer: [] },
            { cartToken: [] },
            ...(streams ? [{ ticket: [] }] : []),
          ],
        }),
    parameters: [
      ...pathParameters(route, context, id),
      ...queryParameters(route, context, id),
      ...headerParameters(route),
    ],
    ...(route.method === 'get' || route.body === undefined ? {} : { requestBody: requestBody(route, context, id) }),
    responses: responses(route, context, id),
  };
}

function requestBody(route: RouteDefinition, { hoisted }: Context, id: string): JsonSchema {
  const schema = jsonSchemaOf(strict(route.body ?? z.object({})), { io: 'input', name: `${id}Body`, hoisted });
  return { required: true, content: { 'application/json': { schema } } };
}

function pathParameters(route: RouteDefinition, { hoisted, path }: Context, id: string): readonly JsonSchema[] {
  const fields = fieldsOf(route.params, { name: `${id}Params`, hoisted });
  const shown = parameterNames(path);
  return parameterNames(route.path).map((name, at) => ({
    name: shown[at] ?? name,
    in: 'path',
    required: true,
    schema: fields.properties[name] ?? { type: 'string' },
  }));
}

function queryParameters(route: RouteDefinition, { hoisted }: Context, id: string): readonly JsonSchema[] {
  const { properties, required } = fieldsOf(route.query, { name: `${id}Query`, hoisted });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function headerParameters(route: RouteDefinition): readonly JsonSchema[] {
  const header = (name: string, description: string, required = false): JsonSchema => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  });
  if (route.method === 'get') {
    return [
      ...(route.reads === undefined ? [] : [header('Souk-Wait-For', 'A Souk-Position this read must have seen')]),
      ...(route.responses[304] === undefined
        ? []
        : [header('If-None-Match', 'Tags the client has: 304 when one fits')]),
    ];
  }
  const key = header('Idempotency-Key', 'The same for a repeat of the same request', route.idempotency === 'required');
  return [
    ...(route.idempotency === 'none' ? [] : [key]),
    ...(route.responses[412] === undefined ? [] : [header('If-Match', 'The ETag this change was decided on')]),
  ];
}

function responses(route: RouteDefinition, context: Context, id: string): JsonSchema {
  const codes = problemCodes(route, context.options.access.policy, context);
  const problems = [...codes].map(([status, names]) => [
    status,
    problemResponse(status, names, route.responses[status]?.description),
  ]);
  const good = Object.entries(route.responses)
    .filter(([status]) => !codes.has(Number(status)) || route.responses[Number(status)]?.schema !== undefined)
    .map(([status, { description, schema }]) => [
      status,
      {
        description,
        headers: goodHeaders(route, Number(status), context.limited),
        ...content(
          route,
          schema && jsonSchemaOf(schema, { io: 'output', name: `${id}${status}`, hoisted: context.hoisted }),
        ),
      },
    ]);
  return { ...Object.fromEntries(problems), ...Object.fromEntries(good) };
}

function content(route: RouteDefinition, schema: JsonSchema | undefined): JsonSchema {
  const types = route.produces === undefined && schema === undefined ? [] : typesOf(route);
  if (types.length === 0) return {};
  const csv = { type: 'string', description: `A header line, and a line for each item: ${route.csv?.join(', ')}` };
  return {
    content: Object.fromEntries(types.map((type) => [type, { schema: type === CSV_TYPE ? csv : (schema ?? {}) }])),
  };
}

function goodHeaders(route: RouteDefinition, status: number, limited: boolean): JsonSchema {
  const names = [
    ...(status === 201 ? ['Location'] : []),
    ...(route.method === 'get' ? [] : ['Souk-Position']),
    ...(route.method === 'get' || route.idempotency === 'none' ? [] : ['Idempotent-Replayed']),
    ...(route.responses[304] === undefined && route.responses[412] === undefined ? [] : ['ETag']),
    ...(route.csv === undefined || status !== 200 ? [] : ['Link']),
    ...(route.responses[status]?.headers ?? []),
  ];
  return {
    ...COMMON_HEADERS,
    ...(limited ? RATE_LIMIT_HEADERS : {}),
    ...Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
  };
}

function fieldsOf(
  schema: z.ZodType | undefined,
  options: { readonly name: string; readonly hoisted: Hoisted },
): { readonly properties: Readonly<Record<string, JsonSchema>>; readonly required: readonly string[] } {
  const made = schema === undefined ? {} : jsonSchemaOf(schema, { io: 'input', ...options });
  return {
    properties: (made.properties ?? {}) as Record<string, JsonSchema>,
    required: (made.required ?? []) as string[],
  };
}

/** `post /carts/{id}/items` is `postCartsItems`, with `ById` where a path ends in a parameter. */
export function operationId(route: RouteDefinition): string {
  const words = route.path.split('/').filter((part) => part !== '');
  const named = words.map((part) => (part.startsWith('{') ? `By ${part.slice(1, -1)}` : part));
  return named
    .join(' ')
    .split(/[^A-Za-z0-9]+/)
    .reduce((id, word) => id + word.charAt(0).toUpperCase() + word.slice(1), route.method);
}
