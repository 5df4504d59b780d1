/**
 * Which engine a suite gets, and how: the server that a variable names (TEST_DATABASE_URL or DATABASE_URL, EVENTSTORE_URL,
 * REDIS_URL, TYPESENSE_URL with TYPESENSE_API_KEY), else a container where Docker answers (SOUK_TEST_CONTAINERS=off: none),
 * else a program of this machine, else what stands in: the embedded Postgres, the double of EventStoreDB, recorded answers.
 */
import { noRedisServer } from '../../platform/testing/redis-server.ts';
import { noDocker, startContainer } from './docker.ts';
import type { EngineName, How } from './notes.ts';
import { oncePerRun } from './once-per-run.ts';

export type Found = {
  readonly how: How;
  /** Of the server that all suites share; undefined where each starts, or stands in for, its own. */
  readonly url?: string;
  /** Why not one of the better ways. */
  readonly passedOver: readonly string[];
};

/** Undefined where an engine cannot be had at all; `why` says what to do about it. */
export type Looked = Found | { readonly how: undefined; readonly why: string };

const URLS: Readonly<Record<EngineName, readonly string[]>> = {
  Postgres: ['TEST_DATABASE_URL', 'DATABASE_URL'],
  EventStoreDB: ['EVENTSTORE_URL'],
  Redis: ['REDIS_URL'],
  Typesense: ['TYPESENSE_URL'],
};

const LAST: Readonly<Record<EngineName, How | undefined>> = {
  Postgres: 'embedded',
  EventStoreDB: 'double',
  Redis: undefined,
  Typesense: 'recorded answers',
};

/** Finds an engine for this run; the first to ask decides for all. */
export async function findEngine(engine: EngineName): Promise<Looked> {
  const named = URLS[engine].find((name) => process.env[name]);
  if (named) return { how: 'URL', url: process.env[named] ?? '', passedOver: [] };
  return oncePerRun(engine, () => lookFor(engine));
}

/** An EventStoreDB whose log is a suite's alone: never the one that a variable names. */
export async function findOwnEventStore(): Promise<Looked> {
  const shared = process.env.EVENTSTORE_URL && ['EVENTSTORE_URL names one log, and every whole shop wants its own'];
  return oncePerRun('own EventStoreDB', () => lookFor('EventStoreDB', shared || undefined));
}

async function lookFor(
  engine: EngineName,
  passedOver: string[] = [`${URLS[engine].join(' and ')} not set`],
): Promise<Looked> {
  const none = await noDocker();
  if (none) passedOver.push(none);
  else {
    try {
      // Every log is a container of its own, started when it is wanted.
      if (engine === 'EventStoreDB') return { how: 'container', passedOver };
      return { how: 'container', url: (await startContainer(engine)).url, passedOver };
    } catch (error) {
      passedOver.push(`its container did not start: ${String(error).split('\n')[0]}`);
    }
  }
  if (engine === 'Redis' && noRedisServer() === undefined) return { how: 'own server', passedOver };
  const how = LAST[engine];
  if (how) return { how, passedOver };
  return { how: undefined, why: `${passedOver.join(', ')}, and no redis-server is installed` };
}
