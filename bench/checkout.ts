/** `npm run bench -- checkout`: 16 shoppers buy two things each, over HTTP, from a cart to a confirmed order. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RawRow } from '../commands/imports/read-product-rows.ts';
import { type Load, printRates, ratesOf, rounded, underLoad } from './shop/measure.ts';
import { type RunningShop, startShop } from './shop/running-shop.ts';
import { processorEach, startUsage, type Usage } from './shop/usage.ts';
import { collectEvidence } from './torture/evidence.ts';
import type { Journal } from './torture/shopper.ts';
import { findFaults } from './torture/verify.ts';

const SHOPPERS = 16;
const PRODUCTS = 200;
const STOCK = 1_000_000;
/** Checkouts before the first that counts. */
const WARM = 1_000;
/** Of the orders, one in so many is looked for on the read side right after its answer. */
const LOOKED_FOR = 8;

type Times = { readonly checkout: number[]; readonly visible: number[] };

/** Prints a table and one line of JSON; throws where the books do not add up. `args`: seconds (20). */
export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(args[0] ?? 20);
  const shop = await startShop(catalogue(), STOCK);
  try {
    const usage = startUsage(shop.process.engines.embedded?.location ?? '');
    const variants = await variantsOf(shop);
    const journal: Journal = { orders: new Map(), counts: new Map(), resent: 0 };
    const times: Times = { checkout: [], visible: [] };
    const load: Omit<Load, 'seconds'> = { clients: SHOPPERS, work: () => buy(shop, { variants, journal, times }) };
    await warmUp(load, times);
    times.checkout.length = 0;
    times.visible.length = 0;
    const before = { usage: usage(), stats: shop.process.running.runtime.stats() };
    const measured = await underLoad({ ...load, seconds });
    const after = { usage: usage(), stats: shop.process.running.runtime.stats() };
    await assertBooks(shop, journal);
    const results = [
      { ...ratesOf('cart to confirmed: 4 requests', measured.times, measured.seconds), target: '200 /s, p99 250 ms' },
      ratesOf('of these, the checkout itself', times.checkout, measured.seconds),
      { ...ratesOf('confirmed to visible', times.visible, measured.seconds), target: 'p99 100 ms' },
    ];
    printRates('checkout', results, { shoppers: SHOPPERS, perCheckout: costs(measured.times.length, before, after) });
  } finally {
    await shop.stop();
  }
}

/** Until plans, caches and the compiler have seen enough, or it takes too long: cold, a checkout costs three times as much. */
async function warmUp(load: Omit<Load, 'seconds'>, { checkout }: Times): Promise<void> {
  for (let turn = 0; turn < 15 && checkout.length < WARM; turn++) await underLoad({ ...load, seconds: 1 });
}

type Buying = { readonly variants: readonly string[]; readonly journal: Journal; readonly times: Times };

async function buy({ http }: RunningShop, { variants, journal, times }: Buying): Promise<void> {
  const write = async (path: string, body: unknown, token: Record<string, string>, status: number) => {
    const headers = { ...token, 'idempotency-key': randomUUID() };
    const answer = await http.send('POST', path, { body, headers });
    if (answer.status !== status) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const { cartId, cartToken } = (await write('/carts', {}, {}, 201)).body as { cartId: string; cartToken: string };
  const token = { 'souk-cart-token': cartToken };
  for (const variantId of two(variants)) await write(`/carts/${cartId}/items`, { variantId, quantity: 1 }, token, 200);
  const began = performance.now();
  const answer = await write(`/carts/${cartId}/checkout`, ORDER, token, 201);
  times.checkout.push(performance.now() - began);
  const told = answer.body as { orderId: string; status: string };
  if (told.status !== 'confirmed') throw new Error(`an order was not confirmed: ${JSON.stringify(told)}`);
  journal.orders.set(told.orderId, { status: told.status });
  if (journal.orders.size % LOOKED_FOR !== 0) return;
  const position = String(answer.headers['souk-position']);
  const looked = performance.now();
  const headers = { ...token, 'souk-wait-for': position };
  const seen = await http.send('GET', `/orders/${told.orderId}`, { headers });
  if ((seen.body as { status: string }).status !== 'confirmed') throw new Error(`not seen: ${JSON.stringify(seen)}`);
  times.visible.push(performance.now() - looked);
}

const ORDER = {
  email: 'ada@example.com',
  shippingAddress: { name: 'Ada', line1: '1 Main St', city: 'Austin', postalCode: '78701', country: 'US' },
  payment: { method: 'card', token: 'tok_visa' },
};

/** Two different ones. */
function two(variants: readonly string[]): string[] {
  const first = Math.floor(Math.random() * variants.length);
  const second = (first + 1 + Math.floor(Math.random() * (variants.length - 1))) % variants.length;
  return [variants[first] ?? '', variants[second] ?? ''];
}

function catalogue(): RawRow[] {
  return Array.from({ length: PRODUCTS }, (_, at) => ({
    line: at + 1,
    row: { id: `p${at}`, name: `Product ${at}`, brand: 'Bench', categories: ['Things'], price: `${5 + at}.99` },
  }));
}

async function variantsOf({ http }: RunningShop): Promise<string[]> {
  const variants: string[] = [];
  let next = '/products?limit=100';
  while (next !== '') {
    const page = (await http.send('GET', next)).body as { items: { productId: string }[]; nextCursor: string | null };
    for (const { productId } of page.items) {
      const product = (await http.send('GET', `/products/${productId}`)).body as { variants: { variantId: string }[] };
      variants.push(...product.variants.map(({ variantId }) => variantId));
    }
    next = page.nextCursor === null ? '' : `/products?limit=100&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
  return variants;
}

/** Each order that was answered confirmed is, its money is taken once, and on hand and reserved add up to the unit. */
async function assertBooks({ process: { engines } }: RunningShop, journal: Journal): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  for (;;) {
    const faults = findFaults(await collectEvidence(engines, journal));
    if (faults.length === 0) return;
    if (performance.now() > giveUpAt) throw new Error(`${faults.length} faults, as: ${faults[0]}`);
    await sleep(500);
  }
}

type Moment = {
  readonly usage: Usage;
  readonly stats: ReturnType<RunningShop['process']['running']['runtime']['stats']>;
};

/** Of the load generator too: its processor time is in `nodeMs`. */
function costs(checkouts: number, { usage: from, stats: was }: Moment, { usage: to, stats }: Moment) {
  const each = (value: number) => rounded(value / checkouts, 2);
  const statements = Object.fromEntries(
    [...to.statements].map(([name, count]) => [name, each(count - (from.statements.get(name) ?? 0))]),
  );
  return {
    ...processorEach(from, to, checkouts),
    commands: each(stats.commands - was.commands),
    appends: each(stats.appends - was.appends),
    events: each(stats.events - was.events),
    streamReads: each(stats.loads - was.loads),
    tailReads: each(stats.tailReads - was.tailReads),
    queries: rounded(
      Object.values(statements).reduce((sum, one) => sum + one, 0),
      2,
    ),
    queriesBy: statements,
  };
}
