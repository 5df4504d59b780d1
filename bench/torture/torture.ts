/** Shoppers buy while everything is killed and started again at random moments; afterwards everything must add up. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEngines } from '../../composition/engines.ts';
import { loadConfig } from '../../platform/config/config.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createRandom, type Random } from '../../platform/testing/random.ts';
import { collectEvidence } from './evidence.ts';
import { createShopProcess, type ShopProcess } from './shop-process.ts';
import { type Journal, shopUntilStopped } from './shopper.ts';
import { type Evidence, findFaults } from './verify.ts';

export type TortureOptions = {
  readonly kills: number;
  readonly shoppers: number;
  readonly seed: number;
  readonly port: number;
  /** Seconds; short, so that challenges nobody answers end while we watch. */
  readonly deadlineS: number;
  /** Milliseconds between a start and the next kill, at least and at most. */
  readonly pauseMs: readonly [number, number];
  /** How long everything may take to settle after the last kill, in milliseconds. */
  readonly settleMs: number;
  readonly say: (text: string) => void;
};

export type TortureResult = {
  readonly faults: readonly string[];
  readonly evidence: Evidence;
  readonly journal: Journal;
  readonly kills: number;
};

const ROOT = resolve(import.meta.dirname, '../..');

/** Runs it in a folder of its own, which is deleted when everything holds, and kept as evidence when not. */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const dataDir = mkdtempSync(join(tmpdir(), 'souk-torture-'));
  chmodSync(dataDir, 0o755);
  const env = {
    SOUK_SEED: 'none',
    RATE_LIMIT: 'off',
    SOUK_CHECKOUT_DEADLINE_S: String(options.deadlineS),
    LOG_LEVEL: 'warn',
    NODE_ENV: 'development',
  };
  const shop = createShopProcess({ dataDir, port: options.port, env, logFile: join(dataDir, 'shop.log') });
  const journal: Journal = { orders: new Map(), counts: new Map(), resent: 0 };
  try {
    importCatalogue(dataDir);
    await shop.start();
    const variants = await variantsOf(shop.url);
    options.say(`${options.shoppers} shoppers, ${variants.length} variants, data in ${dataDir}`);
    await withShoppers(options, { shop, journal, variants });
    const evidence = await settled(options, dataDir, journal);
    const faults = findFaults(evidence);
    const code = await shop.stop();
    if (code !== 0) faults.push(`the shop ended with ${code} when it was asked to stop`);
    if (faults.length === 0) rmSync(dataDir, { recursive: true, force: true });
    return { faults, evidence, journal, kills: options.kills };
  } catch (error) {
    await shop.killEverything();
    throw error;
  }
}

type Scene = { readonly shop: ShopProcess; readonly journal: Journal; readonly variants: readonly string[] };

async function withShoppers(options: TortureOptions, { shop, journal, variants }: Scene): Promise<void> {
  const enough = new AbortController();
  const { signal } = enough;
  const shoppers = Array.from({ length: options.shoppers }, (_, index) => {
    const random = createRandom(options.seed * 1_000 + index);
    return shopUntilStopped({ url: shop.url, random, variants, journal, signal });
  });
  const killing = killAgainAndAgain(options, shop, createRandom(options.seed)).finally(() => enough.abort());
  // A shopper that throws ends the run: what it was told should never have been said.
  await Promise.all([killing, ...shoppers]);
}

async function killAgainAndAgain(options: TortureOptions, shop: ShopProcess, random: Random): Promise<void> {
  const [least, most] = options.pauseMs;
  for (let kill = 1; kill <= options.kills; kill++) {
    await sleep(least + random.below(most - least));
    await shop.killEverything();
    const killed = performance.now();
    await shop.start();
    const seconds = ((performance.now() - killed) / 1_000).toFixed(1);
    options.say(`kill ${kill} of ${options.kills}: everything; ready again after ${seconds} s`);
  }
  await sleep(least);
}

/** Waits until nothing is wrong any more, or the time is over: late webhooks and deadlines need theirs. */
async function settled(options: TortureOptions, dataDir: string, journal: Journal): Promise<Evidence> {
  const config = loadConfig({ SOUK_DATA_DIR: dataDir, SOUK_SEED: 'none' }, 'cli');
  const engines = await openEngines({
    config,
    logger: createLogger({ level: 'error', name: 'torture' }),
    name: 'torture',
  });
  const until = performance.now() + options.settleMs;
  try {
    for (;;) {
      const evidence = await collectEvidence(engines, journal);
      const faults = findFaults(evidence);
      if (faults.length === 0 || performance.now() > until) return evidence;
      options.say(`settling: ${faults.length} open, as: ${faults[0]}`);
      await sleep(1_000);
    }
  } finally {
    await engines.close();
  }
}

/** Thirty products that last, ten that run out. */
function importCatalogue(dataDir: string): void {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    id: `p${index}`,
    name: `Product ${index}`,
    brand: 'Torture',
    description: 'For the test of fire.',
    categories: ['Things'],
    price: `${5 + index}.99`,
    stock: index < 30 ? 100_000 : 25,
  }));
  const file = join(dataDir, 'catalogue.json');
  writeFileSync(file, JSON.stringify(rows));
  const { status, stderr } = spawnSync(process.execPath, ['cli/souk.mjs', 'import', 'products', file], {
    cwd: ROOT,
    env: { ...process.env, SOUK_DATA_DIR: dataDir, SOUK_SEED: 'none' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the catalogue could not be imported: ${stderr}`);
}

async function variantsOf(url: string): Promise<string[]> {
  const list = (await (await fetch(`${url}/products?limit=100`)).json()) as { items: { productId: string }[] };
  const products = await Promise.all(
    list.items.map(async ({ productId }) => {
      const response = await fetch(`${url}/products/${productId}`);
      return (await response.json()) as { variants: { variantId: string }[] };
    }),
  );
  return products.flatMap(({ variants }) => variants.map(({ variantId }) => variantId)).sort();
}
