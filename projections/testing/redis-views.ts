/** Redis views over a test's log and projections, as a process composes them. */
import { createLogger } from '../../platform/logging/logger.ts';
import { openRedis, type RedisConnection } from '../../platform/redis/connection.ts';
import { createRedisViews, type RedisViews } from '../views/redis-views.ts';
import { createTestLog, type TestLog } from './test-log.ts';
import type { ViewsUnderTest } from './views-under-test.ts';

export type RedisViewsUnderTest = ViewsUnderTest & RedisViews & { readonly redis: RedisConnection };

const silent = createLogger({ name: 'test', level: 'silent' });

/** Starts the projections with the views' keeper; `over`: another process on the same log. */
export async function createRedisViewsUnderTest(
  urls: string,
  over?: TestLog,
  logger = silent,
): Promise<RedisViewsUnderTest> {
  const log = over ?? (await createTestLog());
  const redis = await openRedis({ urls: urls.split(','), logger });
  const views = await createRedisViews({ redis, log: log.store, keys: log.keys, reader: log.database.pool, logger });
  const projections = log.runtime({ views: views.keeper, leaseMs: 500 });
  await projections.start();
  return {
    ...views,
    log,
    redis,
    projections,
    async close() {
      await projections.stop();
      await redis.close();
      if (!over) await log.close();
    },
  };
}
