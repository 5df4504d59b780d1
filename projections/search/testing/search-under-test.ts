/** An engine of search over a log of its own, and what is told to that log, for the suites that every engine passes. */
import type { Position } from '../../../event-store/port.ts';
import type { Logger } from '../../../platform/logging/logger.ts';
import { createLogger } from '../../../platform/logging/logger.ts';
import { openTypesense } from '../../../platform/typesense/connection.ts';
import { findEngine } from '../../../test/support/engines.ts';
import { noteEngine } from '../../../test/support/notes.ts';
import type { ProjectionRuntime, ProjectionRuntimeOptions } from '../../runtime/runtime.ts';
import type { Told } from '../../testing/story.ts';
import { createTestLog, type TestLog } from '../../testing/test-log.ts';
import { postgresSearch, type SearchEngine } from '../engine.ts';
import { type TypesenseSearchOptions, typesenseSearch } from '../typesense/engine.ts';
import { typesenseModel } from '../typesense/model.ts';
import { MODEL_NAME } from '../typesense/schema.ts';
import { type DoubleOptions, startTypesenseDouble, type TypesenseDouble } from './typesense-double.ts';

export type SearchUnderTest = {
  readonly engine: SearchEngine;
  readonly log: TestLog;
  readonly running: ProjectionRuntime;
  /** Tells it, and waits until it can be found. */
  see(events: readonly Told[]): Promise<void>;
  /** Waits until what happened up to a position can be found. */
  found(position: Position, timeoutMs?: number): Promise<void>;
  close(): Promise<void>;
};

const quiet = createLogger({ name: 'test', level: 'silent' });

export async function searchOnPostgres(): Promise<SearchUnderTest> {
  const log = await createTestLog();
  return started(log, {
    engine: postgresSearch(log.database.pool),
    names: ['search'],
    options: {},
    close: () => log.close(),
  });
}

export type TypesenseUnderTest = SearchUnderTest & {
  /** Undefined where a real server is at work. */
  readonly double: TypesenseDouble | undefined;
  /** What another process of the same shop would run with. */
  readonly runtimeOptions: Partial<ProjectionRuntimeOptions>;
};

export type TypesenseTestOptions = {
  readonly runtime?: Partial<ProjectionRuntimeOptions>;
  readonly double?: DoubleOptions;
  /** The double also where a real server could be had: for faults that only it makes. */
  readonly ownDouble?: boolean;
  readonly keepMs?: number;
  readonly breaker?: TypesenseSearchOptions['breaker'];
  readonly logger?: Logger;
};

export async function searchOnTypesense(options: TypesenseTestOptions = {}): Promise<TypesenseUnderTest> {
  const server = await typesenseServer(options);
  const { url, apiKey, double } = server;
  const { logger = quiet, breaker = { firstMs: 50, maxMs: 200 } } = options;
  const log = await createTestLog();
  const { logId } = await log.store.identity();
  const connection = await openTypesense({ urls: [url], apiKey, logger });
  noteEngine({ engine: 'Typesense', how: server.how, version: (await connection.server()).version });
  const keepMs = options.keepMs === undefined ? {} : { keepMs: options.keepMs };
  const model = typesenseModel({ connection, logId, logger, recheckMs: 50, ...keepMs });
  const { pool: reader } = log.database;
  const engine = typesenseSearch({ connection, logId, reader, logger, breaker });
  const names = ['search', MODEL_NAME];
  const close = async () => {
    await log.close();
    connection.close();
    await double?.close();
  };
  const runtimeOptions = { outside: [model], ...options.runtime };
  return { ...(await started(log, { engine, names, options: runtimeOptions, close })), double, runtimeOptions };
}

async function typesenseServer(options: TypesenseTestOptions) {
  const found = options.ownDouble ? undefined : await findEngine('Typesense');
  if (found?.how === 'URL' || found?.how === 'container') {
    const apiKey = found.how === 'URL' ? (process.env.TYPESENSE_API_KEY ?? '') : 'souk-test';
    return { how: found.how, url: found.url ?? '', apiKey, double: undefined };
  }
  const double = await startTypesenseDouble(options.double);
  return { how: 'double' as const, url: double.url, apiKey: double.apiKey, double };
}

type Starting = {
  readonly engine: SearchEngine;
  readonly names: readonly string[];
  readonly options: Partial<ProjectionRuntimeOptions>;
  readonly close: () => Promise<void>;
};

async function started(log: TestLog, { engine, names, options, close }: Starting): Promise<SearchUnderTest> {
  const running = log.runtime(options);
  await running.start();
  const found = async (position: Position, timeoutMs = 20_000) => {
    const waited = await running.waitFor(position, names, timeoutMs);
    if (!waited.ok) throw new Error(`not to be found in time: ${JSON.stringify(await running.status())}`);
  };
  return { engine, log, running, found, see: async (events) => found(await log.tell(events)), close };
}
