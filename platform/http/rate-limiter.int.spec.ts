/** One contract of rate limits for every engine: counts, windows, callers, several processes, and an engine that is away. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { createLogger } from '../logging/logger.ts';
import { openDatabase } from '../postgres/database.ts';
import { openRedis, type RedisConnection } from '../redis/connection.ts';
import { type RedisCluster, startRedisCluster } from '../testing/redis-cluster.ts';
import { noRedisServer, startRedisServer } from '../testing/redis-server.ts';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { until } from '../testing/until.ts';
import {
  memoryRateLimiter,
  postgresRateLimiter,
  type RateLimiter,
  type RateWindow,
  redisRateLimiter,
} from './rate-limiter.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const MINUTE = 60_000;

/** A limiter of another process each time it is asked for, where the engine has processes share. */
type Make = (window: RateWindow) => Promise<RateLimiter>;

let callers = 0;
const someone = () => `ip:2001:db8::${++callers}`;
const ask = async (limiter: RateLimiter, caller: string, times: number) => {
  const answers = [];
  for (let n = 0; n < times; n++) answers.push(await limiter.consume(caller));
  return answers;
};
const allowed = (answers: readonly { readonly allowed: boolean }[]) => answers.map((answer) => answer.allowed);

function rateLimiterContract(make: Make): void {
  it('lets so many through, tells what is left and when it ends, and refuses the next', async () => {
    const limiter = await make({ limit: 3, windowS: 60 });
    const answers = await ask(limiter, someone(), 5);
    expect(allowed(answers)).toEqual([true, true, true, false, false]);
    expect(answers.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0, 0]);
    for (const { resetMs } of answers) expect(resetMs > 0 && resetMs <= MINUTE).toBe(true);
    expect(limiter.limit).toBe(3);
  });

  it('counts each caller apart', async () => {
    const limiter = await make({ limit: 1, windowS: 60 });
    const [one, other] = [someone(), someone()];
    expect(allowed(await ask(limiter, one, 2))).toEqual([true, false]);
    expect(allowed(await ask(limiter, other, 2))).toEqual([true, false]);
  });

  it('counts every one of many that come at once', async () => {
    const limiter = await make({ limit: 20, windowS: 60 });
    const caller = someone();
    const answers = await Promise.all(Array.from({ length: 50 }, () => limiter.consume(caller)));
    expect(answers.filter((answer) => answer.allowed)).toHaveLength(20);
  });

  it('begins anew when the window ends, also for whoever went on asking', async () => {
    const limiter = await make({ limit: 1, windowS: 1 });
    const caller = someone();
    expect(allowed(await ask(limiter, caller, 2))).toEqual([true, false]);
    let last = await limiter.consume(caller);
    while (!last.allowed) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      last = await limiter.consume(caller);
    }
    expect(last).toMatchObject({ allowed: true, remaining: 0 });
  });
}

/** What engines that processes share must do besides. */
function sharedContract(make: Make, away: (window: RateWindow) => Promise<RateLimiter>): void {
  it('is one count for two processes', async () => {
    const window = { limit: 3, windowS: 60 };
    const [one, other] = [await make(window), await make(window)];
    const caller = someone();
    expect(allowed(await ask(one, caller, 2))).toEqual([true, true]);
    expect(allowed(await ask(other, caller, 2))).toEqual([true, false]);
    expect(allowed(await ask(one, caller, 1))).toEqual([false]);
  });

  it('counts in the process while the engine is away: neither shut nor open', async () => {
    const limiter = await away({ limit: 2, windowS: 60 });
    expect(allowed(await ask(limiter, someone(), 3))).toEqual([true, true, false]);
  }, 60_000);
}

describe('in memory', () => {
  rateLimiterContract(async (window) => memoryRateLimiter(window));

  it('forgets all callers when they are too many, and only then', async () => {
    const limiter = memoryRateLimiter({ limit: 1, windowS: 60 }, 3);
    const first = someone();
    await limiter.consume(first);
    for (let n = 0; n < 2; n++) await limiter.consume(someone());
    expect(allowed(await ask(limiter, first, 1))).toEqual([false]);
    await limiter.consume(someone());
    expect(allowed(await ask(limiter, first, 1))).toEqual([true]);
  });
});

describe('in Postgres', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase();
  });
  afterAll(() => test.drop());

  // However busy this machine is: what is not counted there in time is counted elsewhere.
  const patienceMs = 30_000;
  const make: Make = (window) => postgresRateLimiter(window, { database: test.database, logger, patienceMs });
  rateLimiterContract(make);
  sharedContract(make, async (window) => {
    const gone = openDatabase(test.url, { applicationName: 'souk-test' });
    const limiter = await postgresRateLimiter(window, { database: gone, logger });
    await gone.close();
    return limiter;
  });

  it('writes no log of what it counts', async () => {
    await make({ limit: 1, windowS: 60 });
    const { rows } = await test.database.pool.query(
      `select relpersistence from pg_class where oid = 'http.rate_limits'::regclass`,
    );
    expect(rows).toEqual([{ relpersistence: 'u' }]);
  });
});

const oneServer = async (): Promise<RedisCluster> => {
  const server = await startRedisServer();
  return { url: server.url, servers: [server], stop: () => server.stop() };
};

function inRedis(start: () => Promise<RedisCluster>): void {
  let redis: RedisCluster;
  const opened: RedisConnection[] = [];
  const client = async ({ url } = redis) => {
    const connection = await openRedis({ urls: url.split(','), logger });
    opened.push(connection);
    return connection.client;
  };
  const signal = (name: NodeJS.Signals) => {
    for (const { pid } of redis.servers) process.kill(pid, name);
  };
  beforeAll(async () => {
    redis = await start();
  }, 60_000);
  afterAll(async () => {
    for (const connection of opened) await connection.close();
    await redis?.stop();
  });

  const make: Make = async (window) => redisRateLimiter(window, { redis: await client(), prefix: 'test:', logger });
  rateLimiterContract(make);
  sharedContract(make, async (window) => {
    const gone = await start();
    const limiter = redisRateLimiter(window, { redis: await client(gone), prefix: 'test:', logger });
    await gone.stop();
    return limiter;
  });

  it('keeps nothing longer than its window', async () => {
    const limiter = await make({ limit: 2, windowS: 60 });
    const caller = someone();
    await ask(limiter, caller, 1);
    const left = await (await client()).pttl(`test:rate-limit:${caller}`);
    expect(left > 0 && left <= MINUTE).toBe(true);
  });

  it('answers while Redis hangs, and counts there again when it goes on', async () => {
    const window = { limit: 2, windowS: 60 };
    const [one, other] = [await make(window), await make(window)];
    signal('SIGSTOP');
    try {
      expect(allowed(await ask(one, someone(), 3))).toEqual([true, true, false]);
    } finally {
      signal('SIGCONT');
    }
    const together = async () => {
      const caller = someone();
      await ask(one, caller, 2);
      return !(await other.consume(caller)).allowed;
    };
    await until(together);
  });
}

for (const [engine, start] of [
  ['Redis', oneServer],
  ['a Redis cluster', startRedisCluster],
] as const) {
  describeUnless(noRedisServer(), `rate limits in ${engine}`, () => inRedis(start));
}
