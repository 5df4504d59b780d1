/** Part of the double of Typesense: one search in one collection, answered in the server's shape. A test instrument. */
import { type Doc, parseFilter, Refusal } from './typesense-filter.ts';
import { matchText } from './typesense-text.ts';

export type Field = {
  readonly name: string;
  readonly type: string;
  readonly facet?: boolean;
  readonly optional?: boolean;
};

export type Collection = {
  readonly name: string;
  readonly createdAt: number;
  readonly fields: readonly Field[];
  readonly defaultSort: string | undefined;
  readonly separators: string;
  readonly synonyms: Map<string, readonly string[]>;
  readonly synonymSets: readonly string[];
  /** In the order they came in. */
  readonly documents: Map<string, Doc>;
};

export type Params = Readonly<Record<string, unknown>>;

/** Throws `Refusal`. */
export function searchCollection(
  collection: Collection,
  params: Params,
  synonyms: readonly (readonly string[])[],
): Readonly<Record<string, unknown>> {
  const text = (name: string) => (params[name] === undefined ? '' : String(params[name]));
  const perPage = Number(params.per_page ?? 10);
  if (perPage > 250) throw new Refusal(422, 'Only upto 250 hits can be fetched per page.');
  const page = Number(params.page ?? 1);
  const known = new Set([...collection.fields.map(({ name }) => name), 'id']);
  const filter = parseFilter(text('filter_by'), known);
  const all = [...collection.documents.values()];
  const matches = text('q') === '*' ? undefined : matchText(all, textQuery(collection, params, synonyms));
  const found = all.filter((document) => (matches ? matches.scores.has(document.id) : true) && filter(document));
  const sorted = sortDocuments(collection, found, { sortBy: text('sort_by'), scores: matches?.scores });
  const fields = list(text('highlight_fields') || text('query_by')).filter((name) => name !== 'none');
  const hits = sorted.slice((page - 1) * perPage, page * perPage).map((document) => ({
    document: included(document, list(text('include_fields'))),
    highlight: matches ? highlights(document, fields, { params, mark: matches.mark }) : {},
    highlights: [],
    ...(matches ? { text_match: Math.round((matches.scores.get(document.id) ?? 0) * 1e9) } : {}),
  }));
  return {
    facet_counts: list(text('facet_by')).map((field) => countFacet(collection, found, { field, params })),
    found: found.length,
    hits,
    out_of: all.length,
    page,
    request_params: { collection_name: collection.name, per_page: perPage, q: text('q') },
    search_cutoff: false,
    search_time_ms: 1,
  };
}

export const list = (text: string): readonly string[] => (text === '' ? [] : text.split(','));

function textQuery(collection: Collection, params: Params, synonyms: readonly (readonly string[])[]) {
  const weights = list(String(params.query_by_weights ?? '')).map(Number);
  const fields = list(String(params.query_by ?? '')).map((name, at) => ({ name, weight: weights[at] ?? 1 }));
  const prefix = String(params.prefix ?? 'true') === 'true';
  const { separators } = collection;
  return { q: String(params.q), fields, prefix, typos: Number(params.num_typos ?? 2), separators, synonyms };
}

type Sorting = { readonly sortBy: string; readonly scores: ReadonlyMap<string, number> | undefined };

function sortDocuments(collection: Collection, documents: readonly Doc[], { sortBy, scores }: Sorting): readonly Doc[] {
  const fallback = ['_text_match:desc', ...(collection.defaultSort ? [`${collection.defaultSort}:desc`] : [])];
  const orders = (sortBy === '' ? fallback : list(sortBy)).map((order) => order.split(':') as [string, string]);
  if (orders.length > 3) throw new Refusal(400, 'Only upto 3 sort_by fields can be specified.');
  const sortable = new Set(
    collection.fields.filter(({ type }) => /^(int|float|bool)/.test(type)).map(({ name }) => name),
  );
  const unknown = orders.find(([name]) => name !== '_text_match' && !sortable.has(name));
  if (unknown) throw new Refusal(404, `Could not find a field named \`${unknown[0]}\` in the schema for sorting.`);
  // Among equals the one that came in last is first.
  const places = new Map([...collection.documents.keys()].map((id, at) => [id, at]));
  const value = (document: Doc, name: string) =>
    name === '_text_match' ? (scores?.get(document.id) ?? 0) : Number(document[name] ?? 0);
  return [...documents].sort((a, b) => {
    for (const [name, direction] of orders) {
      const difference = value(a, name) - value(b, name);
      if (difference !== 0) return direction === 'asc' ? difference : -difference;
    }
    return (places.get(b.id) ?? 0) - (places.get(a.id) ?? 0);
  });
}

function included(document: Doc, fields: readonly string[]): Readonly<Record<string, unknown>> {
  if (fields.length === 0) return document;
  return Object.fromEntries(Object.entries(document).filter(([name]) => fields.includes(name)));
}

type Marking = { readonly params: Params; readonly mark: ReturnType<typeof matchText>['mark'] };

function highlights(document: Doc, fields: readonly string[], { params, mark }: Marking): Record<string, unknown> {
  const tags = {
    start: String(params.highlight_start_tag ?? '<mark>'),
    end: String(params.highlight_end_tag ?? '</mark>'),
  };
  const out: Record<string, unknown> = {};
  for (const field of fields) {
    const value = document[field];
    const snippets = (Array.isArray(value) ? value : [value ?? '']).map((text) => ({
      text,
      snippet: mark(String(text), tags),
    }));
    if (snippets.every(({ snippet }) => snippet === undefined)) continue;
    const shown = snippets.map(({ text, snippet }) => ({
      matched_tokens: snippet ? [''] : [],
      snippet: snippet ?? text,
    }));
    out[field] = Array.isArray(value) ? shown : shown[0];
  }
  return out;
}

function countFacet(
  collection: Collection,
  documents: readonly Doc[],
  { field, params }: { readonly field: string; readonly params: Params },
): Readonly<Record<string, unknown>> {
  const definition = collection.fields.find(({ name }) => name === field);
  if (!definition?.facet) throw new Refusal(404, `Could not find a facet field named \`${field}\` in the schema.`);
  const values = documents.flatMap((document) => {
    const value = document[field];
    return value === undefined ? [] : Array.isArray(value) ? [...new Set(value)] : [value];
  });
  // Spellings that differ in case count as one.
  const counts = new Map<string, { readonly value: string; count: number }>();
  for (const value of values.map(String)) {
    const counted = counts.get(value.toLowerCase()) ?? { value, count: 0 };
    counts.set(value.toLowerCase(), counted);
    counted.count += 1;
  }
  const numbers = /^(int|float)/.test(definition.type) ? values.map(Number) : [];
  const sum = numbers.reduce((total, value) => total + value, 0);
  return {
    counts: [...counts.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, Number(params.max_facet_values ?? 10))
      .map(({ value, count }) => ({ count, highlighted: value, value })),
    field_name: field,
    stats: {
      ...(numbers.length > 0
        ? { avg: sum / numbers.length, max: Math.max(...numbers), min: Math.min(...numbers), sum }
        : {}),
      total_values: counts.size,
    },
  };
}
