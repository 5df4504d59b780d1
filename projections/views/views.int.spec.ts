/** The rules for carts and product pages, on every engine of them: Postgres, one Redis, a Redis cluster. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { type RedisCluster, startRedisCluster } from '../../platform/testing/redis-cluster.ts';
import { noRedisServer } from '../../platform/testing/redis-server.ts';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { openRedisServer } from '../../test/support/redis-server.ts';
import { postgresCartViews } from '../carts/views.ts';
import { postgresProductViews } from '../products/views.ts';
import { cartViewsContract } from '../testing/cart-views.contract.ts';
import { productViewsContract } from '../testing/product-views.contract.ts';
import { createRedisViewsUnderTest } from '../testing/redis-views.ts';
import { createTestLog } from '../testing/test-log.ts';
import type { ViewsUnderTest } from '../testing/views-under-test.ts';

function viewsContract(open: () => Promise<ViewsUnderTest>): void {
  let under: ViewsUnderTest | undefined;
  const subject = () => {
    if (!under) throw new Error('the views of this contract were not made');
    return under;
  };
  beforeAll(async () => {
    under = await open();
  });
  afterAll(() => under?.close());
  describe('carts', () => cartViewsContract(subject));
  describe('product pages', () => productViewsContract(subject));
}

describe('views on Postgres', () => {
  viewsContract(async () => {
    const log = await createTestLog();
    const projections = log.runtime();
    await projections.start();
    const { pool } = log.database;
    const views = { carts: postgresCartViews(pool), products: postgresProductViews(pool) };
    return { log, projections, ...views, close: () => log.close() };
  });
});

const redis = await openRedisServer();
describeUnless('missing' in redis ? redis.missing : undefined, 'views on Redis', () => {
  if ('missing' in redis) return;
  viewsContract(() => createRedisViewsUnderTest(redis.url));
  afterAll(() => redis.close());
});

describeUnless(noRedisServer(), 'views on a Redis cluster', () => {
  let cluster: RedisCluster | undefined;
  viewsContract(async () => {
    cluster = await startRedisCluster();
    return createRedisViewsUnderTest(cluster.url);
  });
  afterAll(() => cluster?.stop());
});
