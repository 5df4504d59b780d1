/**
 * A server that speaks as Typesense does, for tests on machines without one: collections, aliases, imports, deletions,
 * searches. It is a test instrument, held against what a real server answered; its ranking is its own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Doc, parseFilter, Refusal } from './typesense-filter.ts';
import { importLines } from './typesense-import.ts';
import { type Collection, type Field, list, type Params, searchCollection } from './typesense-search.ts';

/** What goes wrong with a request: no answer ever, one that does not end, no connection, or another answer. */
export type Fault =
  | 'hang'
  | 'drip'
  | 'drop'
  | { readonly status: number; readonly message: string }
  | { readonly status: number; readonly body: string };

export type TypesenseDouble = {
  readonly url: string;
  readonly apiKey: string;
  readonly collections: Map<string, Collection>;
  readonly aliases: Map<string, string>;
  /** Method and path of every request so far. */
  readonly requests: string[];
  /** Asked before each request is looked at. */
  fault: (request: { readonly method: string; readonly path: string; readonly body: string }) => Fault | undefined;
  /** Why a document is refused, where it is. */
  refusal: (document: Doc) => string | undefined;
  /** As a server that lost its disk. */
  empty(): void;
  close(): Promise<void>;
};

export type DoubleOptions = {
  readonly version?: string;
  /** An answer from elsewhere, such as one that a real server gave; undefined: it is worked out here. */
  readonly answer?: (params: Params) => Readonly<Record<string, unknown>> | undefined;
};

type Request = {
  readonly method: string;
  readonly path: readonly string[];
  readonly params: Params;
  readonly body: string;
};
type Answer = { readonly status: number; readonly body: unknown };

export async function startTypesenseDouble(options: DoubleOptions = {}): Promise<TypesenseDouble> {
  const apiKey = 'test-key';
  const state: State = {
    collections: new Map(),
    aliases: new Map(),
    sets: new Map(),
    options,
    refusal: (document) => double.refusal(document),
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const double: TypesenseDouble = {
    url: '',
    apiKey,
    collections: state.collections,
    aliases: state.aliases,
    requests: [],
    fault: () => undefined,
    refusal: () => undefined,
    empty() {
      for (const kept of [state.collections, state.aliases, state.sets]) kept.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const body = Buffer.concat(chunks).toString('utf8');
    double.requests.push(`${method} ${pathname}`);
    const fault = double.fault({ method, path: pathname, body });
    if (fault === 'hang') return;
    if (fault === 'drip') return drip(response);
    if (fault === 'drop') return void request.socket.destroy();
    const path = pathname.split('/').slice(1).map(decodeURIComponent);
    const params = Object.fromEntries(searchParams);
    const answer = fault
      ? { status: fault.status, body: 'body' in fault ? JSON.parse(fault.body) : { message: fault.message } }
      : request.headers['x-typesense-api-key'] !== apiKey && pathname !== '/health'
        ? { status: 401, body: { message: 'Forbidden - a valid `x-typesense-api-key` header must be sent.' } }
        : answerTo(state, { method, path, params, body });
    const text = typeof answer.body === 'string';
    response.writeHead(answer.status, { 'content-type': text ? 'text/plain' : 'application/json; charset=utf-8' });
    response.end(text ? answer.body : JSON.stringify(answer.body));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(double, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  const dripping = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(dripping));
}

type State = {
  readonly collections: Map<string, Collection>;
  readonly aliases: Map<string, string>;
  readonly sets: Map<string, readonly (readonly string[])[]>;
  readonly options: DoubleOptions;
  readonly refusal: TypesenseDouble['refusal'];
};

const ok = (body: unknown): Answer => ({ status: 200, body });

function answerTo(state: State, request: Request): Answer {
  try {
    return route(state, request);
  } catch (error) {
    if (error instanceof Refusal) return { status: error.status, body: { message: error.message } };
    throw error;
  }
}

function route(state: State, { method, path, params, body }: Request): Answer {
  const [kind, name = '', part, item, last] = path;
  const json = () => JSON.parse(body) as Record<string, unknown>;
  const { version = '0.24.1' } = state.options;
  if (kind === 'health') return ok({ ok: true });
  if (kind === 'debug') return ok({ state: 1, version });
  if (kind === 'multi_search')
    return ok({ results: (json().searches as Params[]).map((one) => searchOne(state, one)) });
  if (kind === 'aliases') return alias(state, name, method === 'PUT' ? String(json().collection_name) : undefined);
  if (kind === 'synonym_sets' && hasSets(version)) return ok(putSet(state, name, json()));
  if (kind !== 'collections') throw notFound();
  if (name === '')
    return method === 'POST'
      ? { status: 201, body: create(state, json()) }
      : ok([...state.collections.values()].map(shown));
  const collection = resolve(state, name);
  if (part === 'synonyms' && !hasSets(version)) {
    collection.synonyms.set(item ?? '', json().synonyms as string[]);
    return ok({ id: item, synonyms: json().synonyms });
  }
  if (part === 'documents') return documents(state, collection, { method, item: last ?? item, params, body });
  if (part !== undefined) throw notFound();
  if (method === 'DELETE') state.collections.delete(collection.name);
  return ok(shown(collection));
}

function documents(
  state: State,
  collection: Collection,
  {
    method,
    item,
    params,
    body,
  }: { readonly method: string; readonly item: string | undefined; readonly params: Params; readonly body: string },
): Answer {
  if (item === 'import')
    return ok(importLines(collection, { action: String(params.action ?? 'create'), refusal: state.refusal }, body));
  if (item === 'search') return ok(searchIn(state, collection, params));
  if (method !== 'DELETE') throw notFound();
  if (item === undefined) {
    const test = parseFilter(
      String(params.filter_by ?? ''),
      new Set([...collection.fields.map((field) => field.name), 'id']),
    );
    const gone = [...collection.documents.values()].filter(test);
    for (const { id } of gone) collection.documents.delete(id);
    return ok({ num_deleted: gone.length });
  }
  const document = collection.documents.get(item);
  if (!document) throw new Refusal(404, `Could not find a document with id: ${item}`);
  collection.documents.delete(item);
  return ok(document);
}

/** Of several searches each is answered for itself. */
function searchOne(state: State, params: Params): unknown {
  try {
    return searchIn(state, resolve(state, String(params.collection)), params);
  } catch (error) {
    if (error instanceof Refusal) return { code: error.status, error: error.message };
    throw error;
  }
}

function searchIn(state: State, collection: Collection, params: Params): unknown {
  const sets = collection.synonymSets.flatMap((name) => state.sets.get(name) ?? []);
  return (
    state.options.answer?.(params) ?? searchCollection(collection, params, [...collection.synonyms.values(), ...sets])
  );
}

function resolve(state: State, name: string): Collection {
  const collection = state.collections.get(state.aliases.get(name) ?? name);
  if (!collection) throw notFound();
  return collection;
}

function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

function alias(state: State, name: string, target: string | undefined): Answer {
  if (target !== undefined) state.aliases.set(name, target);
  const collection = state.aliases.get(name);
  if (collection === undefined) throw notFound();
  return ok({ collection_name: collection, name });
}

function hasSets(version: string): boolean {
  return Number(version.split('.')[0]) >= 30;
}

function putSet(state: State, name: string, { items }: Record<string, unknown>): unknown {
  const groups = items as { synonyms: string[] }[];
  state.sets.set(
    name,
    groups.map(({ synonyms }) => synonyms),
  );
  return { name, items };
}

function create(state: State, schema: Record<string, unknown>): unknown {
  const name = String(schema.name);
  if (state.collections.has(name)) throw new Refusal(409, `A collection with name \`${name}\` already exists.`);
  const collection: Collection = {
    name,
    createdAt: Math.floor(Date.now() / 1_000),
    fields: schema.fields as Field[],
    defaultSort: schema.default_sorting_field as string | undefined,
    separators: ((schema.token_separators as string[] | undefined) ?? []).join(''),
    synonyms: new Map(),
    synonymSets: (schema.synonym_sets as string[] | undefined) ?? [],
    documents: new Map<string, Doc>(),
  };
  state.collections.set(name, collection);
  return shown(collection);
}

function shown(collection: Collection): Readonly<Record<string, unknown>> {
  const { createdAt, fields, defaultSort, name, documents: all, separators } = collection;
  return {
    created_at: createdAt,
    default_sorting_field: defaultSort ?? '',
    enable_nested_fields: false,
    fields: fields.map((field) => ({
      facet: false,
      index: true,
      infix: false,
      locale: '',
      optional: false,
      sort: /^(int32|int64|float|bool)$/.test(field.type),
      ...field,
    })),
    name,
    num_documents: all.size,
    symbols_to_index: [],
    token_separators: list([...separators].join(',')),
  };
}
