/**
 * The engines that a test's whole shop runs on, as its settings: a Postgres database of its own and what
 * SOUK_TEST_ENGINES names beside it (`eventstoredb,redis,typesense`; none: Postgres does it all), so that any suite of a
 * whole shop runs on any combination without knowing.
 */
import type { EventStore } from '../../event-store/port.ts';
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { createTestDatabase } from '../../platform/testing/test-database.ts';
import { findEngine } from './engines.ts';
import { type EventStoreServer, openEventStoreServer } from './event-store-server.ts';
import { noteEngine, noteSkipped } from './notes.ts';
import { openRedisServer, type SuiteRedis } from './redis-server.ts';

export type ShopEngines = {
  /** DATABASE_URL, and EVENTSTORE_URL, REDIS_URL and TYPESENSE_URL where they take part. */
  readonly settings: Readonly<Record<string, string>>;
  readonly database: Database;
  readonly eventStore: EventStoreServer | undefined;
  readonly redis: SuiteRedis | undefined;
  /** The log alone, for what is no whole shop; the caller closes it before the engines. */
  openLog(logger: Logger): Promise<EventStore>;
  /** After the shop's own end. */
  close(): Promise<void>;
};

const NAMES = ['eventstoredb', 'redis', 'typesense'] as const;
export type BesidePostgres = (typeof NAMES)[number];

/** Opens them; what cannot be had is noted as left out, and its Postgres twin takes its place. */
export async function openShopEngines(asked: readonly BesidePostgres[] = besidePostgres()): Promise<ShopEngines> {
  const { url, database, drop } = await createTestDatabase();
  const eventStore = asked.includes('eventstoredb') ? await openEventStoreServer({ own: true }) : undefined;
  const redis = asked.includes('redis') ? await openRedis() : undefined;
  return {
    settings: {
      DATABASE_URL: url,
      ...(eventStore ? { EVENTSTORE_URL: eventStore.url } : {}),
      ...(redis ? { REDIS_URL: redis.url } : {}),
      ...(asked.includes('typesense') ? await typesenseSettings() : {}),
    },
    database,
    eventStore,
    redis,
    openLog: (logger) =>
      eventStore ? openEventStoreDb(eventStore, logger) : createPostgresEventStore({ url, logger }),
    async close() {
      await eventStore?.close();
      await redis?.close();
      await drop();
    },
  };
}

/** What the run asks for. */
export function besidePostgres(): readonly BesidePostgres[] {
  const given = (process.env.SOUK_TEST_ENGINES ?? '').split(',').filter((name) => name !== '');
  return given.map((name) => {
    const known = NAMES.find((one) => one === name);
    if (!known) throw new Error(`SOUK_TEST_ENGINES should be some of ${NAMES.join(', ')}, not ${name}`);
    return known;
  });
}

async function openEventStoreDb({ url, how }: EventStoreServer, logger: Logger): Promise<EventStore> {
  const { createEventStoreDbStore } = await import('../../event-store/eventstoredb/store.ts');
  const store = await createEventStoreDbStore({ url, logger });
  noteEngine({ engine: 'EventStoreDB', how, version: await store.version() });
  return store;
}

async function openRedis(): Promise<SuiteRedis | undefined> {
  const opened = await openRedisServer();
  if (!('missing' in opened)) return opened;
  noteSkipped('carts, rate limits and product pages in Redis', opened.missing);
  return undefined;
}

async function typesenseSettings(): Promise<Record<string, string>> {
  const found = await findEngine('Typesense');
  if (found.how !== 'URL' && found.how !== 'container') {
    noteSkipped(
      'search in Typesense',
      'recorded answers know no products but their own: a whole shop wants a real server',
    );
    return {};
  }
  noteEngine({ engine: 'Typesense', ...found });
  const apiKey = found.how === 'URL' ? process.env.TYPESENSE_API_KEY : 'souk-test';
  return { TYPESENSE_URL: found.url ?? '', TYPESENSE_API_KEY: apiKey ?? '' };
}
