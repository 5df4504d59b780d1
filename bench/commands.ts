/** `npm run bench -- commands`: reservations of one hot variant by 500 shoppers, and carts opened by 128 clients. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommandRuntime, type RunningRuntime } from '../commands/runtime/runtime.ts';
import { createPostgresSnapshots } from '../commands/runtime/snapshots.ts';
import type { CommandContext } from '../commands/runtime/types.ts';
import { cartDecider } from '../domain/carts/decide.ts';
import { inventoryDecider } from '../domain/inventory/decide.ts';
import { isRejection } from '../domain/rejection.ts';
import { createPostgresEventStore } from '../event-store/postgres/store.ts';
import { createTail } from '../event-store/tail.ts';
import { newId } from '../platform/ids.ts';
import { createPostgresKeyStore } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { openDatabase } from '../platform/postgres/database.ts';
import { startEmbeddedPostgres } from '../platform/postgres/embedded.ts';

type Result = { what: string; perSecond: number; p50Ms: number; p99Ms: number; appends: number; reads: number };

const SHOPPERS = 500;
const IN_STOCK = 4_000;
const CARTS = 20_000;

/** Prints a table and one line of JSON; throws where a result is wrong. */
export async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'souk-bench-commands-'));
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  const postgres = await startEmbeddedPostgres({ dataDir, logger });
  const database = openDatabase(postgres.url, { applicationName: 'souk bench' });
  const keys = await createPostgresKeyStore({ database, masterKey: Buffer.alloc(32, 1) });
  const store = await createPostgresEventStore({ url: postgres.url, logger });
  const tail = createTail({ store, logger });
  try {
    const snapshots = await createPostgresSnapshots({ database, identity: await store.identity(), logger });
    const lagMs = () => tail.lagSeconds() * 1_000;
    const runtime = createCommandRuntime({ store, keys, logger, snapshots, tail: { lagMs } });
    tail.onEvents((events) => runtime.feed(events));
    const results = [await hotVariant(runtime), await newCarts(runtime)];
    await runtime.close();
    print(results);
  } finally {
    await tail.close();
    await store.close();
    await database.close();
    await postgres.stop({ evenIfShared: true });
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function hotVariant(runtime: RunningRuntime): Promise<Result> {
  const variantId = newId();
  const stock = { variantId, productId: newId(), sellerId: newId(), sku: null };
  await runtime.handle(inventoryDecider, variantId, { type: 'OpenStock', ...stock }, issued());
  await runtime.handle(inventoryDecider, variantId, { type: 'ReceiveStock', ...stock, quantity: IN_STOCK }, issued());
  let reserved = 0;
  const result = await measured('reserve, one hot variant, 500 shoppers', runtime, {
    clients: SHOPPERS,
    total: IN_STOCK + 1_000,
    async work() {
      const validUntil = new Date(Date.now() + 30_000).toISOString();
      const command = { type: 'ReserveStock', variantId, orderId: newId(), quantity: 1, validUntil } as const;
      const handled = await runtime.handle(inventoryDecider, variantId, command, issued(), { naturalKey: true });
      if (!isRejection(handled)) reserved += 1;
    },
  });
  const { state } = await runtime.load(inventoryDecider, variantId, { fresh: true });
  if (reserved !== IN_STOCK || state.reserved !== IN_STOCK) {
    throw new Error(`${reserved} reserved, ${state.reserved} in the log, of ${IN_STOCK}`);
  }
  return result;
}

function newCarts(runtime: RunningRuntime): Promise<Result> {
  return measured('open a cart, new streams, 128 clients', runtime, {
    clients: 128,
    total: CARTS,
    async work() {
      const cartId = newId();
      const command = { type: 'OpenCart', cartId, buyerId: newId(), cartTokenHash: null } as const;
      const handled = await runtime.handle(cartDecider, cartId, command, issued(), { isNew: true });
      if (isRejection(handled)) throw new Error(handled.detail);
    },
  });
}

type Load = { readonly clients: number; readonly total: number; readonly work: () => Promise<void> };

async function measured(what: string, runtime: RunningRuntime, { clients, total, work }: Load): Promise<Result> {
  const before = runtime.stats();
  const times: number[] = [];
  let left = total;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (left > 0) {
        left -= 1;
        const began = performance.now();
        await work();
        times.push(performance.now() - began);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  const after = runtime.stats();
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 10) / 10;
  return {
    what,
    perSecond: Math.round(total / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    appends: after.appends - before.appends,
    reads: after.loads + after.tailReads + after.searches - before.loads - before.tailReads - before.searches,
  };
}

function issued(): CommandContext {
  const commandId = newId();
  return { commandId, issuedAt: new Date().toISOString(), actor: 'cli:bench', correlationId: commandId };
}

function print(results: readonly Result[]): void {
  for (const { what, perSecond, p50Ms, p99Ms, appends, reads } of results) {
    process.stdout.write(
      `${what.padEnd(42)} ${String(perSecond).padStart(7)}/s  p50 ${p50Ms} ms  p99 ${p99Ms} ms  ${appends} appends  ${reads} reads\n`,
    );
  }
  process.stdout.write(`${JSON.stringify({ bench: 'commands', results })}\n`);
}
