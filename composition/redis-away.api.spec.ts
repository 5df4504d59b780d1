/** A running shop whose Redis is emptied and taken away under load: it answers all the time, and every cart is right. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { noteFigures, noteSkipped } from '../test/support/notes.ts';
import type { As } from '../write-api/testing/client.ts';
import { addCategory, logInAdmin, openSeller, sell } from '../write-api/testing/people.ts';
import { type StartedShop, startTestShop } from '../write-api/testing/start-test-shop.ts';

const SHOPPERS = 6;
/** So long may a cart be shown as it was before. */
const RIGHT_WITHIN_MS = 10_000;

type Cart = { readonly cartId: string; readonly as: As; quantity: number };

let shop: StartedShop;
let variantId: string;
beforeAll(async () => {
  shop = await startTestShop({}, ['redis']);
  const admin = await logInAdmin(shop);
  const seller = await openSeller(shop, admin);
  ({ variantId } = await sell(shop, { seller, categoryId: await addCategory(shop, admin), stock: 1_000 }));
});
afterAll(() => shop.stop());

/** The Redis of this suite alone; undefined, and noted, where it may not be emptied. */
function ownRedis(what: string) {
  const { redis } = shop.engines;
  if (redis?.control) return { ...redis.control, url: redis.url };
  noteSkipped(what, redis ? `the Redis of this run (${redis.how}) is not this suite's alone` : 'there is no Redis');
  return undefined;
}

/** Shoppers who fill carts and look at what they did, at once and again later; everything odd is kept. */
function startShoppers() {
  const carts: Cart[] = [];
  const seen = { answers: 0, worstMs: 0, faults: [] as string[] };
  let stopped = false;

  const call: StartedShop['call'] = async (request, options) => {
    const reply = await shop.call(request, options);
    seen.answers += 1;
    if (reply.status >= 500) seen.faults.push(`${request}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply;
  };

  const look = async ({ cartId, as, quantity }: Cart, headers = {}): Promise<void> => {
    const asked = performance.now();
    for (;;) {
      const { status, body } = await call(`GET /carts/${cartId}`, { as, headers });
      const ms = performance.now() - asked;
      seen.worstMs = Math.max(seen.worstMs, ms);
      if (status === 200 && (body.lines[0]?.quantity ?? 0) === quantity) return;
      if (ms > RIGHT_WITHIN_MS) {
        seen.faults.push(`cart ${cartId} after ${Math.round(ms)} ms: ${status} ${JSON.stringify(body)}`);
        return;
      }
      await sleep(20);
    }
  };

  const goShopping = async (): Promise<void> => {
    while (!stopped) {
      const { body } = await call('POST /carts', { body: {} });
      const cart = { cartId: body.cartId, as: { cartToken: body.cartToken }, quantity: 1 };
      for (; cart.quantity <= 3 && !stopped; cart.quantity += 1) {
        const put = await call(`POST /carts/${cart.cartId}/items`, { as: cart.as, body: { variantId, quantity: 1 } });
        await look(cart, { 'souk-wait-for': put.headers.get('souk-position') ?? '' });
      }
      cart.quantity -= 1;
      carts.push(cart);
      const before = carts[Math.floor(carts.length / 2)];
      if (before) await look(before);
    }
  };
  const shopping = Promise.all(Array.from({ length: SHOPPERS }, goShopping));

  return {
    seen,
    carts,
    /** Resolves when so many more answers were given. */
    async answers(more: number): Promise<void> {
      for (const goal = seen.answers + more; seen.answers < goal; ) await Promise.race([sleep(20), shopping]);
    },
    /** Lets them finish, then looks at every cart once more. */
    async stop(): Promise<void> {
      stopped = true;
      await shopping;
      for (const cart of carts) await look(cart);
    },
  };
}
type Shoppers = ReturnType<typeof startShoppers>;

function expectAllRight(what: string, { seen, carts }: Shoppers): void {
  expect(seen.faults).toEqual([]);
  expect(carts.length).toBeGreaterThan(SHOPPERS);
  noteFigures(
    `${what}: ${seen.answers} answers, ${carts.length} carts, the slowest right after ${Math.round(seen.worstMs)} ms`,
  );
}

it('shows every cart that is asked for rightly while Redis is emptied under load', async () => {
  const redis = ownRedis('emptying Redis under load');
  if (!redis) return;
  const client = new Redis(redis.url);
  const shoppers = startShoppers();
  let emptied = 0;
  for (let round = 0; round < 5; round += 1) {
    await shoppers.answers(100);
    emptied += await client.dbsize();
    await client.flushall();
  }
  await shoppers.answers(100);
  await shoppers.stop();
  client.disconnect();
  expectAllRight('Redis emptied 5 times', shoppers);
  // Otherwise nothing was lost, and nothing shown.
  expect(emptied).toBeGreaterThan(5);
});

it('goes on answering while Redis is away, and uses it again when it is back', async () => {
  const redis = ownRedis('taking Redis away under load');
  if (!redis) return;
  const shoppers = startShoppers();
  await shoppers.answers(100);
  await redis.kill();
  await shoppers.answers(200);
  await redis.start();
  await shoppers.answers(200);
  await shoppers.stop();
  expectAllRight('Redis killed and started', shoppers);
  const client = new Redis(redis.url);
  while ((await client.dbsize()) === 0) await sleep(50);
  client.disconnect();
});
