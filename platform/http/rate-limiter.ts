/** Counts what each caller asks for: in this process, or in Redis or Postgres for all processes of the shop together. */
import type { Cluster, Redis } from 'ioredis';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { Logger } from '../logging/logger.ts';
import { type Database, migrate } from '../postgres/database.ts';
import { createBreaker } from '../process/breaker.ts';
import { within } from '../process/within.ts';
import { httpMigrations } from './migrations.ts';

/** A window is fixed: it begins with a caller's first request, and all that was counted is forgotten when it ends. */
export type RateWindow = {
  /** Requests per window and caller. */
  readonly limit: number;
  /** Whole seconds. */
  readonly windowS: number;
};

export type Counted = {
  readonly allowed: boolean;
  /** What is left in this window. */
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
};

export type RateLimiter = {
  readonly limit: number;
  /** Counts one request. Does not fail: while a shared engine is away, each process counts for itself. */
  consume(caller: string): Promise<Counted>;
};

// So many callers of one window fit in some 20 MB; more than that forget the count of all, which errs on the side of
// letting people in.
const MAX_CALLERS = 100_000;

/** In this process: exact where it is the only one. */
export function memoryRateLimiter({ limit, windowS }: RateWindow, maxCallers = MAX_CALLERS): RateLimiter {
  const limiter = new RateLimiterMemory({ points: limit, duration: windowS });
  let callers = 0;
  return {
    limit,
    async consume(caller) {
      const counted = await countIn(limiter, caller);
      if (counted.allowed && counted.remaining === limit - 1) callers += 1;
      if (callers > maxCallers) callers = forgetAll(limiter, maxCallers);
      return counted;
    },
  };
}

/** Returns how many callers it still knows: those whose window ended are gone already. */
function forgetAll(limiter: RateLimiterMemory, maxCallers: number): number {
  const known = limiter.dump().storage;
  if (known.length <= maxCallers) return known.length;
  for (const { key } of known) void limiter.delete(key);
  return 0;
}

type SharedOptions = {
  readonly logger: Logger;
  /** How long the engine may take for one count, in milliseconds (500). */
  readonly patienceMs?: number;
};

/** In Redis, one node or a cluster: one script call on one key a request. `prefix` is this shop's own. */
export function redisRateLimiter(
  window: RateWindow,
  { redis, prefix, ...how }: SharedOptions & { readonly redis: Redis | Cluster; readonly prefix: string },
): RateLimiter {
  const { limit, windowS } = window;
  // Not ready means not asked: a command would wait in the client's queue until Redis is back.
  const options = { storeClient: redis, keyPrefix: `${prefix}rate-limit`, rejectIfRedisNotReady: true };
  return insured(new RateLimiterRedis({ ...options, points: limit, duration: windowS }), window, {
    engine: 'Redis',
    ...how,
  });
}

/** In Postgres, one upsert a request into a table without a write-ahead log: no commit waits for the disk. */
export async function postgresRateLimiter(
  window: RateWindow,
  { database, ...how }: SharedOptions & { readonly database: Database },
): Promise<RateLimiter> {
  await migrate(database, 'http', httpMigrations);
  const table = { storeClient: database.pool, storeType: 'pool', schemaName: 'http', tableName: 'rate_limits' };
  const options = { ...table, tableCreated: true, points: window.limit, duration: window.windowS };
  return insured(new RateLimiterPostgres(options), window, { engine: 'Postgres', ...how });
}

/** The gates neither close nor open while the engine is away: each process counts what comes to it. */
function insured(
  shared: RateLimiterAbstract,
  window: RateWindow,
  { engine, logger, patienceMs = 500 }: SharedOptions & { readonly engine: string },
): RateLimiter {
  const local = memoryRateLimiter(window);
  const breaker = createBreaker({ logger, what: `counting requests in ${engine}` });
  return {
    limit: window.limit,
    consume: async (caller) =>
      (await breaker.ask(() => within(patienceMs, countIn(shared, caller)))) ?? local.consume(caller),
  };
}

/** Throws what went wrong, but not a refusal. */
async function countIn(limiter: RateLimiterAbstract, caller: string): Promise<Counted> {
  const told = (allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): Counted => ({
    allowed,
    remaining: remainingPoints,
    resetMs: msBeforeNext,
  });
  try {
    return told(true, await limiter.consume(caller));
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return told(false, refusal);
    throw refusal;
  }
}
