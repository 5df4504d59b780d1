/**
 * `npm run bench -- live-rebuild`: every projection is rebuilt, swapped in and swapped back while shoppers buy and read
 * what they just wrote; then a projection that did not exist is added. Throws at the first answer that is wrong.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBuildThreads } from '../composition/build-threads.ts';
import { type Engines, openEngines } from '../composition/engines.ts';
import { type RunningProcess, startProcess } from '../composition/process.ts';
import { createControl } from '../composition/projections.ts';
import { openReadModels } from '../composition/read-models.ts';
import { createOrderedWriter } from '../event-store/postgres/ordered-writer.ts';
import { type Config, loadConfig } from '../platform/config/config.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { allProjections } from '../projections/all.ts';
import { dropGeneration, readGenerations } from '../projections/runtime/generations.ts';
import { inTransaction } from '../projections/runtime/transaction.ts';
import { verifyProjection } from '../projections/runtime/verify/verify.ts';
import { compareSales, compareSalesAsOf } from './sales/compare.ts';
import { makeHistory } from './shop/history.ts';
import { createHttpClient, type HttpClient } from './shop/http-client.ts';
import { printRates, ratesOf, rounded } from './shop/measure.ts';
import { numberOption } from './shop/options.ts';

const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });

/** `args`: `--events N` (200,000), `--shoppers N` (4), `--seed N` (1). */
export async function run(args: readonly string[]): Promise<void> {
  const events = numberOption(args, 'events', 200_000);
  const shoppers = numberOption(args, 'shoppers', 4);
  const dataDir = await mkdtemp(join(tmpdir(), 'souk-bench-rebuild-'));
  // Started as root the engine runs as another account, which has to get in.
  await chmod(dataDir, 0o755);
  const settings = { PORT: '0', RATE_LIMIT: 'off', SOUK_SEED: 'none', SOUK_DATA_DIR: dataDir };
  const config = loadConfig(settings, 'all');
  try {
    const made = await fill(config, { events, seed: numberOption(args, 'seed', 1) });
    const rebuilt = await whileSelling(config, shoppers, rebuildAndBack);
    await forgetProjection(config, 'sales');
    const added = await whileSelling(config, shoppers, backfilled);
    const sums = await onEngines(config, compareSales);
    const asOf = await onEngines(config, compareSalesAsOf);
    printRates(
      'live-rebuild',
      [...rebuilt.times, ...added.times.map((rates) => ({ ...rates, what: `back-fill: ${rates.what}` }))],
      { made, rebuilt: rebuilt.done, added: added.done, sums, asOf },
    );
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function onEngines<T>(config: Config, work: (engines: Engines) => Promise<T>): Promise<T> {
  const engines = await openEngines({ config, logger, name: 'bench' });
  try {
    return await work(engines);
  } finally {
    await engines.close();
  }
}

function fill(config: Config, wanted: { readonly events: number; readonly seed: number }) {
  return onEngines(config, async ({ database, keys }) => {
    const writer = createOrderedWriter(database.url);
    try {
      return await makeHistory({ writer, keys, ...wanted });
    } finally {
      await writer.close();
    }
  });
}

type Selling = { readonly process: RunningProcess; readonly http: HttpClient };

/** The whole shop in this process; `work` goes on while shoppers buy. */
async function whileSelling<T>(config: Config, shoppers: number, work: (selling: Selling) => Promise<T>) {
  const process = await startProcess({ config, logger });
  const http = createHttpClient(process.url);
  const times: Times = { cart: [], checkout: [], order: [], page: [] };
  let over = false;
  try {
    const began = performance.now();
    const variants = await variantsOf(http);
    const buying = Array.from({ length: shoppers }, async (_, shopper) => {
      while (!over) await buy(http, { variants, times, shopper });
    });
    const done = await Promise.race([work({ process, http }), Promise.all(buying).then(() => never())]);
    over = true;
    await Promise.all(buying);
    const seconds = (performance.now() - began) / 1_000;
    return { done, times: Object.entries(times).map(([what, each]) => ratesOf(what, each, seconds)) };
  } finally {
    over = true;
    http.close();
    for (const step of process.stopSteps) await step.run();
  }
}

function never(): never {
  throw new Error('shoppers stopped before the work was done');
}

/** A moment to sell on either side of each change. */
const MOMENT_MS = 2_000;

async function rebuildAndBack({ process }: Selling) {
  const { engines } = process;
  const control = createControl(engines, await openReadModels(engines));
  await untilLevel(engines);
  await sleep(MOMENT_MS);
  const head = engines.store.distance(null, await engines.store.head()) ?? 0;
  const started = performance.now();
  const built = await control.rebuild('all', 'bench');
  await untilLive(engines, built);
  const seconds = (performance.now() - started) / 1_000;
  await sleep(MOMENT_MS);
  const back = await Promise.all(built.map(({ name }) => control.swapBack(name, 'bench')));
  await untilLive(engines, back);
  await sleep(MOMENT_MS);
  const verified = await verifyAll(engines);
  return {
    events: head,
    rebuiltAndSwappedSeconds: rounded(seconds, 1),
    eventsPerSecond: Math.round(head / seconds),
    swappedBack: back.length,
    verified,
    changedByHand: await findChanged(engines),
  };
}

async function untilLive({ database }: Engines, wanted: readonly { name: string; generation: number }[]) {
  for (;;) {
    const live = (await readGenerations(database.pool)).filter(({ state }) => state === 'live');
    const there = ({ name, generation }: { name: string; generation: number }) =>
      live.some((each) => each.name === name && each.generation === generation);
    if (wanted.every(there)) return;
    await sleep(50);
  }
}

/** All rows have what was in the log when it was asked. */
async function untilLevel({ database, store }: Engines): Promise<void> {
  const head = await store.head();
  for (;;) {
    const { rows } = await database.pool.query<{ behind: number }>(
      `select count(*)::int as behind from projections.checkpoints c join projections.generations g using (name, generation)
       where g.state = 'live' and (c.position is null or c.position < $1)`,
      [head],
    );
    if (rows[0]?.behind === 0) return;
    await sleep(100);
  }
}

const contextOf = (engines: Engines) => ({
  pool: engines.database.pool,
  log: engines.store,
  keys: engines.keys,
  logger,
  owner: 'bench',
  threads: createBuildThreads(engines),
});

async function verifyAll(engines: Engines): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (const projection of allProjections) {
    const verified = await verifyProjection(contextOf(engines), projection);
    if (!verified?.equal) throw new Error(`${projection.name} differs: ${JSON.stringify(verified?.differences)}`);
    rows[projection.name] = verified.rows;
  }
  return rows;
}

async function findChanged(engines: Engines): Promise<string> {
  const { rows } = await engines.database.pool.query<{ order_id: string }>(
    `update projections.orders set number = 'CHANGED' where order_id = (select min(order_id) from projections.orders)
     returning order_id`,
  );
  const orders = allProjections.find(({ name }) => name === 'orders');
  const verified = orders && (await verifyProjection(contextOf(engines), orders));
  const [difference] = verified?.differences ?? [];
  if (verified?.differing !== 1 || difference?.key !== rows[0]?.order_id || difference?.columns[0]?.column !== 'number')
    throw new Error(`the row changed by hand was not found: ${JSON.stringify(verified)}`);
  return `${difference?.kind} ${difference?.key}: ${difference?.columns[0]?.column}, of ${difference?.events.length} events`;
}

/** As if this version of the shop were the first to have it. */
function forgetProjection(config: Config, name: string): Promise<void> {
  return onEngines(config, ({ database }) =>
    inTransaction(database.pool, async (client) => {
      for (const generation of await readGenerations(client))
        if (generation.name === name) await dropGeneration(client, generation);
    }),
  );
}

async function backfilled({ process: { engines } }: Selling) {
  const started = performance.now();
  await untilLevel(engines);
  const seconds = (performance.now() - started) / 1_000;
  const events = engines.store.distance(null, await engines.store.head()) ?? 0;
  await sleep(MOMENT_MS);
  return { events, levelAfterSeconds: rounded(seconds, 1) };
}

type Times = {
  readonly cart: number[];
  readonly checkout: number[];
  readonly order: number[];
  readonly page: number[];
};
type Buying = { readonly variants: readonly string[]; readonly times: Times; readonly shopper: number };

/** Buys, and reads each thing at the position its write was answered with: what is older than that is a fault. */
async function buy(http: HttpClient, { variants, times, shopper }: Buying): Promise<void> {
  const timed = async (into: keyof Times, ...request: Parameters<HttpClient['send']>) => {
    const began = performance.now();
    const answer = await http.send(...request);
    times[into].push(performance.now() - began);
    if (answer.status >= 300) throw new Error(`${request[1]}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return { ...answer, at: String(answer.headers['souk-position'] ?? '') };
  };
  const write = (path: string, body: unknown, token = {}) =>
    timed(path.endsWith('checkout') ? 'checkout' : 'cart', 'POST', path, {
      body,
      headers: { ...token, 'idempotency-key': randomUUID() },
    });
  const variantId = variants[Math.floor(Math.random() * variants.length)] ?? '';
  const opened = (await write('/carts', {})).body as { cartId: string; cartToken: string };
  const token = { 'souk-cart-token': opened.cartToken };
  const added = await write(`/carts/${opened.cartId}/items`, { variantId, quantity: 1 }, token);
  const cart = await timed('cart', 'GET', `/carts/${opened.cartId}`, {
    headers: { ...token, 'souk-wait-for': added.at },
  });
  const { lines } = cart.body as { lines: { variantId: string }[] };
  if (lines[0]?.variantId !== variantId) throw new Error(`an older cart was read: ${JSON.stringify(cart.body)}`);
  const bought = await write(`/carts/${opened.cartId}/checkout`, ORDER, token);
  const { orderId, status } = bought.body as { orderId: string; status: string };
  const order = await timed('order', 'GET', `/orders/${orderId}`, {
    headers: { ...token, 'souk-wait-for': bought.at },
  });
  if ((order.body as { status: string }).status !== status)
    throw new Error(`an older order was read than ${status} at ${bought.at}: ${JSON.stringify(order.body)}`);
  const page = shopper % 2 === 0 ? '/products?limit=24&sort=newest' : '/products?q=thing&facets=brand';
  await timed('page', 'GET', page);
}

const ORDER = {
  email: 'ada@example.com',
  shippingAddress: { name: 'Ada', line1: '1 Main St', city: 'Austin', postalCode: '78701', country: 'US' },
  payment: { method: 'card', token: 'tok_visa' },
};

async function variantsOf(http: HttpClient): Promise<string[]> {
  for (;;) {
    const list = await http.send('GET', '/products?limit=50&inStock=true');
    const { items } = list.body as { items: { productId: string }[] };
    if (items.length >= 20) {
      const products = await Promise.all(items.map(({ productId }) => http.send('GET', `/products/${productId}`)));
      return products.flatMap(({ body }) => {
        const { variants } = body as { variants: { variantId: string; available: number }[] };
        return variants.filter(({ available }) => available > 100).map(({ variantId }) => variantId);
      });
    }
    // The first start on this log: its rows are being made.
    await sleep(200);
  }
}
