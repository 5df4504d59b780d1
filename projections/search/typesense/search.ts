/** Search in Typesense. Where it does not do, the rows answer in its place, and the answer says so. */
import type { TypesenseConnection } from '../../../platform/typesense/connection.ts';
import { TypesenseError } from '../../../platform/typesense/errors.ts';
import type { Reader } from '../../read.ts';
import { queryWords } from '../interpret.ts';
import type { SearchParams, SearchResult } from '../params.ts';
import { readSummaries } from '../queries.ts';
import { countedCursor, DEEPEST } from '../sorts.ts';
import { answerOf, highlightOfHit, MARKS, type SearchAnswer } from './answers.ts';
import { facetSearches, readFacets } from './facets.ts';
import { filterOf } from './filters.ts';
import { QUERY } from './schema.ts';
import { CURSOR_FIELDS, cursorBehind, type Place, placeOf } from './sorts.ts';

export type Search = Readonly<Record<string, string | number | boolean>>;

export type TypesenseIndex = {
  readonly connection: TypesenseConnection;
  /** What searches ask. */
  readonly alias: string;
  /** The rows that what is found is shown from. */
  readonly reader: Reader;
};

/** Products by a search in Typesense, shown from the rows. Throws `BadCursor`, `TypesenseError`, `TypesenseUnsuitable`. */
export async function searchTypesense(index: TypesenseIndex, params: SearchParams): Promise<SearchResult> {
  const words = params.q === undefined ? undefined : queryWords(params.q);
  const wanted = params.facets;
  if (words?.length === 0) return { items: [], found: 0, nextCursor: null, ...(wanted ? { facets: {} } : {}) };
  const place = placeOf(params.sort ?? (words ? 'relevance' : 'newest'), params.cursor);
  const text = textQuery(words);
  const filter = filterOf(params);
  const pages = pageSearches(place, params.limit).map((page) => ({
    ...text,
    ...page,
    filter_by: [...filter, ...(place.after === undefined ? [] : [place.after])].join(' && '),
  }));
  // What stands before the page counts as well.
  const count = place.after === undefined ? [] : [{ ...text, ...COUNT_ONLY, filter_by: filter.join(' && ') }];
  const facets = facetSearches(params, wanted ?? []).map((facet) => ({ ...text, ...COUNT_ONLY, ...facet }));
  const answers = await ask(index, [...pages, ...count, ...facets]);
  const page = await readPage(index.reader, answers.slice(0, pages.length), {
    place,
    params,
    marked: words !== undefined,
  });
  const found = (count.length > 0 ? answers[pages.length] : answers[0])?.found ?? 0;
  const counted = answers.slice(pages.length + count.length);
  return { ...page, found, ...(wanted ? { facets: await readFacets(index.reader, counted, { params, wanted }) } : {}) };
}

/** Asks several things at once. Throws `TypesenseError` where one of them is refused. */
export async function ask({ connection, alias }: TypesenseIndex, searches: readonly Search[]): Promise<SearchAnswer[]> {
  const body = { searches: searches.map((search) => ({ collection: alias, ...search })) };
  const { results } = await connection.search((client) =>
    client.apiCall.post<{ results?: readonly unknown[] }>('/multi_search', body),
  );
  // What is missing would pass for nothing found.
  if (results?.length !== searches.length) {
    throw new TypesenseError(
      `Typesense answered ${results?.length ?? 'none'} of ${searches.length} searches`,
      undefined,
    );
  }
  return results.map(answerOf);
}

/** Nothing is shown of it but its counts. */
const COUNT_ONLY = { per_page: 1, include_fields: 'id', highlight_fields: 'none', max_facet_values: 250 } as const;

/** What to look for. Words hold letters and digits only, so that none of them can be an operator. */
function textQuery(words: readonly string[] | undefined): Search {
  if (words === undefined) return { q: '*', query_by: QUERY.query_by };
  // A last letter alone begins too much.
  return { ...QUERY, q: words.join(' '), prefix: (words.at(-1) ?? '').length >= 2 };
}

/** The page, with one product more to see whether there is a next; two pages where a counted place is inside of one. */
function pageSearches({ sort_by, offset, after }: Place, limit: number): readonly Search[] {
  const page = {
    sort_by,
    include_fields: CURSOR_FIELDS,
    highlight_fields: 'name,description',
    highlight_start_tag: MARKS.start,
    highlight_end_tag: MARKS.end,
  };
  if (after !== undefined || !isCounted(sort_by)) return [{ ...page, per_page: limit + 1, page: 1 }];
  const first = { ...page, per_page: limit, page: Math.floor(offset / limit) + 1 };
  return offset % limit === 0 ? [first] : [first, { ...first, page: first.page + 1 }];
}

function isCounted(sortBy: string): boolean {
  return sortBy.startsWith('_text_match');
}

type PageOptions = { readonly place: Place; readonly params: SearchParams; readonly marked: boolean };

async function readPage(reader: Reader, answers: readonly SearchAnswer[], { place, params, marked }: PageOptions) {
  const { limit } = params;
  const skipped = isCounted(place.sort_by) ? place.offset % limit : 0;
  const hits = answers.flatMap((answer) => answer.hits).slice(skipped);
  const shown = hits.slice(0, limit);
  const summaries = await readSummaries(
    reader,
    shown.map((hit) => hit.document.id),
  );
  const items = shown.flatMap((hit) => {
    // Not on offer any more: the rows know before Typesense does.
    const item = summaries.get(hit.document.id);
    if (!item) return [];
    return [marked ? { ...item, highlight: highlightOfHit(hit) } : item];
  });
  return { items, nextCursor: nextCursor(place, params, { answers, hits }) };
}

function nextCursor(
  place: Place,
  { limit, sort = 'newest' }: SearchParams,
  { answers, hits }: { readonly answers: readonly SearchAnswer[]; readonly hits: SearchAnswer['hits'] },
): string | null {
  if (isCounted(place.sort_by)) {
    const next = place.offset + limit;
    return next < (answers[0]?.found ?? 0) && next <= DEEPEST ? countedCursor(next) : null;
  }
  const last = hits[limit - 1];
  if (hits.length <= limit || last === undefined || sort === 'relevance') return null;
  return cursorBehind(sort, last.document as never);
}
