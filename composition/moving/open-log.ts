/** Opens one log by its URL, whether or not the environment names it: an end of a copy. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CopyRefused } from '../../event-store/copy/copy-refused.ts';
import type { OrderedWriter } from '../../event-store/copy/ordered-writer.ts';
import type { EventStore } from '../../event-store/port.ts';
import { createOrderedWriter } from '../../event-store/postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type Database, openDatabase } from '../../platform/postgres/database.ts';
import { startEmbeddedPostgres } from '../../platform/postgres/embedded.ts';

export type DatabasePlace =
  | { readonly engine: 'postgres'; readonly url: string }
  | { readonly engine: 'embedded'; readonly dataDir: string };
export type LogUrl = DatabasePlace | { readonly engine: 'eventstoredb'; readonly url: string };

export type OpenLog = {
  readonly store: EventStore;
  readonly writer: OrderedWriter;
  /** The database it lies in, which is then a shop's as well; undefined for a log that is an engine of its own. */
  readonly database: Database | undefined;
  close(): Promise<void>;
};

/** Reads `esdb://…`, `postgres://…` or `embedded:DIR`; undefined for anything else. */
export function parseLogUrl(text: string): LogUrl | undefined {
  if (/^esdb(\+discover)?:\/\/\S+$/.test(text)) return { engine: 'eventstoredb', url: text };
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return { engine: 'postgres', url: text };
  const [, dataDir] = /^embedded:(.+)$/.exec(text) ?? [];
  return dataDir === undefined ? undefined : { engine: 'embedded', dataDir: resolve(dataDir) };
}

/** Whether a data folder holds an embedded Postgres: opening one that does not would make it. */
export function hasEmbedded(dataDir: string): boolean {
  // Started by root it may lie elsewhere, and the folder says where.
  return ['postgres', 'postgres.location'].some((name) => existsSync(join(dataDir, name)));
}

/** Which end of a copy it is; one that is neither is not taken for oneself. */
export type CopyEnd = 'from' | 'to';

/**
 * Opens it with its tables brought up to date; an embedded engine is started, or joined. Throws `CopyRefused` where
 * another command copies from it, or to it: what the two write would lie among each other.
 */
export async function openLogAt(at: LogUrl, logger: Logger, end?: CopyEnd): Promise<OpenLog> {
  if (at.engine === 'eventstoredb') return openEventStoreDb(at.url, logger);
  const { database, close } = await openShopDatabase(at, logger);
  let release = (): void => undefined;
  try {
    if (end) release = await takeAlone(database, end);
    const store = await createPostgresEventStore({ url: database.url, logger });
    const writer = createOrderedWriter(database.url);
    return {
      store,
      writer,
      database,
      async close() {
        await Promise.all([writer.close(), store.close()]);
        release();
        await close();
      },
    };
  } catch (error) {
    release();
    await close();
    throw error;
  }
}

/** By a lock of a session, as whoever is killed lets go of it. Gives back what ends it. */
async function takeAlone({ pool }: Database, end: CopyEnd): Promise<() => void> {
  const session = await pool.connect();
  const { rows } = await session.query<{ taken: boolean }>('select pg_try_advisory_lock(hashtext($1)) as taken', [
    `souk log copied ${end}`,
  ]);
  if (rows[0]?.taken) return () => session.release(true);
  session.release();
  throw new CopyRefused(`Another command copies ${end} the same log: wait for it, or end it.`);
}

async function openEventStoreDb(url: string, logger: Logger): Promise<OpenLog> {
  const [{ createEventStoreDbStore }, ordered] = await Promise.all([
    import('../../event-store/eventstoredb/store.ts'),
    import('../../event-store/eventstoredb/ordered-writer.ts'),
  ]);
  const store = await createEventStoreDbStore({ url, logger });
  const writer = ordered.createOrderedWriter(url);
  return {
    store,
    writer,
    database: undefined,
    async close() {
      await Promise.all([writer.close(), store.close()]);
    },
  };
}

/** A database of a shop, external or embedded. */
export async function openShopDatabase(
  at: DatabasePlace,
  logger: Logger,
): Promise<{ readonly database: Database; close(): Promise<void> }> {
  const embedded = at.engine === 'embedded' ? await startEmbeddedPostgres({ dataDir: at.dataDir, logger }) : undefined;
  const url = at.engine === 'postgres' ? at.url : (embedded?.url ?? '');
  const database = openDatabase(url, { applicationName: 'souk move', max: 4 });
  return {
    database,
    async close() {
      await database.close();
      await embedded?.stop();
    },
  };
}
