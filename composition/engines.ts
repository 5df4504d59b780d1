/**
 * Chooses and opens the engines of one process: Postgres (embedded or named), the log, the keys, and what stands beside
 * the rows. An engine that is not named is not even loaded: that would cost every start what few need.
 */
import type { ReadThreads } from '../event-store/eventstoredb/read-together.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Config } from '../platform/config/config.ts';
import { masterKeyOf } from '../platform/config/master-key.ts';
import { createPostgresKeyStore, type PostgresKeyStore } from '../platform/keys/postgres-key-store.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { type Database, openDatabase } from '../platform/postgres/database.ts';
import { startEmbeddedPostgres } from '../platform/postgres/embedded.ts';
import type { RedisConnection } from '../platform/redis/connection.ts';
import type { TypesenseConnection } from '../platform/typesense/connection.ts';
import { createReadThreads } from './read-threads.ts';

export type Engines = {
  readonly config: Config;
  readonly logger: Logger;
  readonly database: Database;
  readonly store: EventStore;
  readonly keys: PostgresKeyStore;
  readonly masterKey: Buffer;
  /** Set where carts, product pages and counts of requests are kept there. */
  readonly redis: RedisConnection | undefined;
  /** Set where searches are answered there. */
  readonly typesense: TypesenseConnection | undefined;
  /** Set where this process runs, or joined, the embedded Postgres. */
  readonly embedded: { readonly version: string; readonly joined: boolean; readonly location: string } | undefined;
  /** Closes everything in the reverse order; the embedded Postgres stops with the last process that uses it. */
  close(): Promise<void>;
};

type Options = {
  readonly config: Config;
  readonly logger: Logger;
  /** Shown in `pg_stat_activity`, after `souk`. */
  readonly name: string;
};

/** Opens all engines, their tables brought up to date; what was opened is closed again when one fails. */
export async function openEngines({ config, logger, name }: Options): Promise<Engines> {
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let step = opened.pop(); step; step = opened.pop()) await step();
  };
  try {
    const embedded =
      config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: config.dataDir, logger }) : undefined;
    if (embedded) opened.push(() => embedded.stop());
    const url = config.databaseUrl ?? embedded?.url ?? '';
    const database = openDatabase(url, {
      applicationName: `souk ${name}`,
      max: 20,
      onIdleError: (err) => logger.warn({ err }, 'an idle connection to Postgres was lost'),
    });
    opened.push(() => database.close());
    const masterKey = await masterKeyOf(config);
    const store = await openLog(url, { config, logger, readers: createReadThreads() });
    opened.push(() => store.close());
    // New keys under an old log would seem to work: every e-mail address would have another digest, no account a login.
    const mayBeNew = async () => (await store.head()) === null;
    const keys = await createPostgresKeyStore({ database, masterKey, mayBeNew });
    const redis = await openRedis({ config, logger });
    if (redis) opened.push(() => redis.close());
    const typesense = await openTypesense({ config, logger });
    if (typesense) opened.push(async () => typesense.close());
    return { config, logger, database, store, keys, masterKey, redis, typesense, embedded, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Chosen = Pick<Options, 'config' | 'logger'>;

/** What says where the log is, besides the database. */
export type LogConfig = Pick<Config, 'eventStoreUrl'>;

export async function openLog(
  databaseUrl: string,
  { config, logger, readers }: { readonly config: LogConfig; readonly logger: Logger; readonly readers?: ReadThreads },
): Promise<EventStore> {
  if (config.eventStoreUrl === undefined) {
    const { createPostgresEventStore } = await import('../event-store/postgres/store.ts');
    return createPostgresEventStore({ url: databaseUrl, logger });
  }
  const { createEventStoreDbStore } = await import('../event-store/eventstoredb/store.ts');
  return createEventStoreDbStore({ url: config.eventStoreUrl, logger, readers });
}

export async function openRedis({ config, logger }: Chosen): Promise<RedisConnection | undefined> {
  if (config.redisUrls === undefined) return undefined;
  const redis = await import('../platform/redis/connection.ts');
  return redis.openRedis({ urls: config.redisUrls, logger });
}

export async function openTypesense({ config, logger }: Chosen): Promise<TypesenseConnection | undefined> {
  if (config.typesense === undefined) return undefined;
  const typesense = await import('../platform/typesense/connection.ts');
  return typesense.openTypesense({ ...config.typesense, logger });
}
