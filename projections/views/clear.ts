/** Removes views from Redis. */
import type { RedisConnection } from '../../platform/redis/connection.ts';

/** Keys looked at in one step: some milliseconds of the server's time. */
const STEP = 1_000;

/** Every key of a prefix (or pattern of one) that is there all the time it takes; one that comes meanwhile may stay. */
export async function clearViews(redis: RedisConnection, prefix: string): Promise<void> {
  for (const master of redis.masters()) {
    for await (const keys of master.scanStream({ match: `${prefix}:*`, count: STEP })) {
      const remove = master.pipeline();
      // One key a command: those of a cluster's other slots on this master would be refused together.
      for (const key of keys as string[]) remove.unlink(key);
      const results = await remove.exec();
      const failed = results?.find(([error]) => error !== null);
      if (failed?.[0]) throw failed[0];
    }
  }
}
