/** The engine of search over Typesense, with the rows behind it: an answer comes in bounded time, whatever is away. */
import type { Position } from '../../../event-store/port.ts';
import type { Logger } from '../../../platform/logging/logger.ts';
import { type BreakerOptions, createBreaker } from '../../../platform/process/breaker.ts';
import type { TypesenseConnection } from '../../../platform/typesense/connection.ts';
import { BadCursor, type Reader } from '../../read.ts';
import { createWaiter } from '../../runtime/wait.ts';
import { type Answered, postgresSearch, type SearchEngine } from '../engine.ts';
import type { SearchParams } from '../params.ts';
import { countedPlace } from '../sorts.ts';
import { collectionNames, MODEL_NAME } from './schema.ts';
import { searchTypesense } from './search.ts';
import { suggestTypesense } from './suggest.ts';

export type TypesenseSearchOptions = {
  readonly connection: TypesenseConnection;
  /** Whose products these are: the log's identity. */
  readonly logId: string;
  /** The database that what is found is shown from, and that answers in Typesense's place. */
  readonly reader: Reader;
  readonly logger: Logger;
  /** How long Typesense may take to reach a position that is waited for, in milliseconds (500). */
  readonly waitMs?: number;
  /** How long Typesense is left alone after a failure (half a second, growing to ten). */
  readonly breaker?: Pick<BreakerOptions, 'firstMs' | 'maxMs' | 'now'>;
};

/**
 * The rows answer, and it is said, while Typesense is away or slow, has no products yet, or has not reached the
 * position asked for: `reads` is what the rows need, so that they are right whenever they do.
 */
export function typesenseSearch(options: TypesenseSearchOptions): SearchEngine {
  const { connection, reader, logger, waitMs = 500 } = options;
  const index = { connection, reader, alias: collectionNames(options.logId).alias };
  const rows = postgresSearch(reader);
  const breaker = createBreaker({
    ...{ logger, what: 'searching in Typesense', firstMs: 500, maxMs: 10_000, ...options.breaker },
    passes: (error) => error instanceof BadCursor,
  });
  const reached = createWaiter(reader);

  /** Undefined where Typesense does not do. */
  async function attempt<T>(ask: () => Promise<T>, waitFor: Position | undefined): Promise<{ result: T } | undefined> {
    // It would be waited for in vain.
    if (breaker.isOpen()) return undefined;
    if (waitFor !== undefined && !(await reached(waitFor, [MODEL_NAME], waitMs)).ok) return undefined;
    return breaker.ask(async () => ({ result: await ask() }));
  }

  async function answered<T>(
    ask: () => Promise<T>,
    instead: () => Promise<Answered<T>>,
    waitFor: Position | undefined,
  ): Promise<Answered<T>> {
    const answer = await attempt(ask, waitFor);
    if (answer) return { ...answer, fallback: false };
    return { ...(await instead()), fallback: true };
  }

  return {
    engine: 'typesense',
    reads: rows.reads,
    async search(params, waitFor) {
      const instead = () => rows.search(params);
      // A place among ranks of the rows is none in Typesense.
      if (isPlaceInRows(params)) return { ...(await instead()), fallback: true };
      return answered(() => searchTypesense(index, params), instead, waitFor);
    },
    suggest: (asked, waitFor) =>
      answered(
        () => suggestTypesense(index, asked),
        () => rows.suggest(asked),
        waitFor,
      ),
  };
}

function isPlaceInRows({ q, sort, cursor }: SearchParams): boolean {
  const byRelevance = sort === undefined ? q !== undefined : sort === 'relevance';
  return byRelevance && cursor !== undefined && countedPlace(cursor) === undefined;
}
