/** What answers searches, whichever engine it is: `search.contract.ts` says what every one of them must do. */
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import type { SearchParams, SearchResult, Suggestion } from './params.ts';
import { searchProducts } from './queries.ts';
import { SEARCH_SOURCES } from './sources.ts';
import { suggest } from './suggest.ts';

/** `fallback`: the engine at work was away, and the rows answered in its place. */
export type Answered<T> = { readonly result: T; readonly fallback: boolean };

export type SearchEngine = {
  readonly engine: 'postgres' | 'typesense';
  /** Read models that must have reached a position before it is asked for: what `Souk-Wait-For` waits for. */
  readonly reads: readonly string[];
  /**
   * Products on offer: published, of approved sellers. Throws `BadCursor`. A `q` without any word finds nothing.
   * `waitFor`: what is not among `reads` the engine brings there itself, or lets the rows answer.
   */
  search(params: SearchParams, waitFor?: Position): Promise<Answered<SearchResult>>;
  /** What a person who is still typing may want: at most `limit`; typing errors are forgiven. */
  suggest(
    options: { readonly q: string; readonly limit: number },
    waitFor?: Position,
  ): Promise<Answered<readonly Suggestion[]>>;
};

/** Search in the rows. */
export function postgresSearch(reader: Reader): SearchEngine {
  return {
    engine: 'postgres',
    // Its sources too: what is parked there is missing here.
    reads: ['search', ...SEARCH_SOURCES],
    search: async (params) => ({ result: await searchProducts(reader, params), fallback: false }),
    suggest: async (options) => ({ result: await suggest(reader, options), fallback: false }),
  };
}
