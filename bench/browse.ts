/**
 * `npm run bench -- browse`: product pages, filtered listings and searches over HTTP on 16 connections, on the real
 * catalogue where SOUK_TEST_DATA names the folder that holds it, otherwise on as many made-up products.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type RawRow, readProductRows } from '../commands/imports/read-product-rows.ts';
import type { SummaryResource } from '../domain/resources.ts';
import { printRates, type Rates, ratesOf, underLoad } from './shop/measure.ts';
import { type RunningShop, startShop } from './shop/running-shop.ts';
import { processorEach, startUsage } from './shop/usage.ts';

const CONNECTIONS = 16;
const PAGE = 24;
const MADE_UP = 3_291;

type Listing = {
  readonly items: readonly SummaryResource[];
  readonly found: number;
  readonly nextCursor: string | null;
};

/** What clients ask for, one after the other. */
type Questions = {
  readonly what: string;
  readonly target: string;
  readonly ask: (turn: number) => Promise<void>;
};

/** Prints a table and one line of JSON; throws on a wrong answer. `args`: seconds for each kind of request (5). */
export async function run(args: readonly string[]): Promise<void> {
  const seconds = Number(args[0] ?? 5);
  const { rows, source } = await catalogue();
  const shop = await startShop(rows, 10);
  try {
    const items = await allOf(shop);
    if (items.length !== rows.length) throw new Error(`${items.length} products are listed, not ${rows.length}`);
    const usage = startUsage(shop.process.engines.embedded?.location ?? '');
    const results: (Rates & { target: string; nodeMs: number; postgresMs: number | null })[] = [];
    for (const { what, target, ask } of [pages(shop, items), listings(shop, items), searches(shop, items)]) {
      let turn = 0;
      const work = () => ask(turn++);
      await underLoad({ clients: CONNECTIONS, seconds: seconds / 5, work }); // warms up
      const before = usage();
      const { times, seconds: taken } = await underLoad({ clients: CONNECTIONS, seconds, work });
      results.push({ ...ratesOf(what, times, taken), target, ...processorEach(before, usage(), times.length) });
    }
    printRates('browse', results, { connections: CONNECTIONS, products: rows.length, catalogue: source });
  } finally {
    await shop.stop();
  }
}

function pages({ http }: RunningShop, items: readonly SummaryResource[]): Questions {
  return {
    what: 'product page',
    target: '3,000 /s, p99 15 ms',
    async ask(turn) {
      const { productId } = pick(items, turn);
      const { status, body } = await http.send('GET', `/products/${productId}`);
      if (status !== 200 || (body as { productId: string }).productId !== productId) throw wrong(status, body);
    },
  };
}

/** A category or a brand below some price, in one of three orders: hardly any is asked for twice. */
function listings({ http }: RunningShop, items: readonly SummaryResource[]): Questions {
  return {
    what: `filtered listing of ${PAGE}`,
    target: '1,500 /s, p99 25 ms',
    async ask(turn) {
      const { categoryId, brand, priceFrom, productId } = pick(items, turn);
      const priceMax = priceFrom.amount + turn;
      const filter: Record<string, string> = turn % 2 === 0 ? { category: categoryId } : { brand };
      const sort = ['price_asc', 'newest', 'bestselling'][turn % 3] ?? '';
      const query = new URLSearchParams({ ...filter, priceMax: String(priceMax), sort, limit: String(PAGE) });
      const { status, body } = await http.send('GET', `/products?${query}`);
      const { items: shown, found } = body as Listing;
      const fits = shown.every((item) => item.priceFrom.amount <= priceMax);
      const complete = found > PAGE || shown.some((item) => item.productId === productId);
      if (status !== 200 || !fits || !complete || shown.length !== Math.min(found, PAGE)) throw wrong(status, query);
    },
  };
}

/** Two words of a product's name, which must be among what is found. */
function searches({ http }: RunningShop, items: readonly SummaryResource[]): Questions {
  return {
    what: `search of ${PAGE}`,
    target: '500 /s, p99 60 ms',
    async ask(turn) {
      const { name, productId } = pick(items, turn);
      const words = name.split(/\s+/).filter((word) => /^[A-Za-z]{4,}$/.test(word));
      const q = words.slice(turn % 2, (turn % 2) + 2).join(' ') || name;
      const query = new URLSearchParams({ q, limit: String(PAGE) });
      const { status, body } = await http.send('GET', `/products?${query}`);
      const { items: shown, found } = body as Listing;
      const complete = found > PAGE || shown.some((item) => item.productId === productId);
      if (status !== 200 || !complete || shown.length !== Math.min(found, PAGE)) throw wrong(status, query);
    },
  };
}

/** Far from the one before it, and each in its turn. */
function pick(items: readonly SummaryResource[], turn: number): SummaryResource {
  const item = items[(turn * 7_919) % items.length];
  if (!item) throw new Error('there is nothing to browse');
  return item;
}

function wrong(status: number, about: unknown): Error {
  return new Error(`a wrong answer (${status}) about ${String(about)} ${JSON.stringify(about)}`);
}

async function allOf({ http }: RunningShop): Promise<SummaryResource[]> {
  const items: SummaryResource[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await http.send('GET', `/products?limit=100&sort=newest${after}`)).body as Listing;
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

async function catalogue(): Promise<{ readonly rows: readonly RawRow[]; readonly source: string }> {
  const file = join(process.env.SOUK_TEST_DATA ?? '', 'catalogue', 'products.json');
  if (process.env.SOUK_TEST_DATA !== undefined && existsSync(file)) {
    return { rows: await readProductRows(file), source: file };
  }
  const of = (words: string, at: number) => words.split(' ')[at % words.split(' ').length] ?? '';
  const rows = Array.from({ length: MADE_UP }, (_, at) => {
    const noun = of('Headphones Kettle Camera Lamp Keyboard Speaker Monitor Blender Router Charger Printer', at);
    const kind = of('Wireless Compact Classic Portable Digital Silent Smart', Math.floor(at / 11));
    const words = `${kind} ${noun} Model${at % 97}`;
    const row = {
      id: `p${at}`,
      name: `${of('Acme Bolt Crest Delta Echo', at)} ${words} ${at}`,
      brand: of('Acme Bolt Crest Delta Echo Flux Gale Hertz Iris Juno', at),
      description: `${words} with everything one expects of it, and a warranty of ${1 + (at % 5)} years.`,
      categories: [of('Home Audio Photo Office', at), noun],
      price: `${5 + ((at * 37) % 900)}.99`,
      popularity: (at * 7_919) % 20_000,
    };
    return { line: at + 1, row };
  });
  return { rows, source: 'made up' };
}
