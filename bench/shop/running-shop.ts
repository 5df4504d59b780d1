/** The whole shop in this process on an engine of its own, with a catalogue, for benches that buy and browse. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { importProducts } from '../../commands/imports/import-products.ts';
import type { RawRow } from '../../commands/imports/read-product-rows.ts';
import { importsSeller } from '../../commands/imports/seller-of-import.ts';
import { type RunningProcess, startProcess } from '../../composition/process.ts';
import { loadConfig } from '../../platform/config/config.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';

export type RunningShop = {
  readonly http: HttpClient;
  readonly process: RunningProcess;
  readonly dataDir: string;
  stop(): Promise<void>;
};

/** Starts it, imports the rows with `stock` units each, and waits until all can be found and nothing is left to do. */
export async function startShop(rows: readonly RawRow[], stock: number): Promise<RunningShop> {
  const dataDir = await mkdtemp(join(tmpdir(), 'souk-bench-shop-'));
  // Started as root the engine runs as another account, which has to get in.
  await chmod(dataDir, 0o755);
  const settings = { PORT: '0', RATE_LIMIT: 'off', SOUK_SEED: 'none', SOUK_DATA_DIR: dataDir };
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  const process = await startProcess({ config: loadConfig(settings, 'all'), logger });
  const http = createHttpClient(process.url);
  const stop = async () => {
    http.close();
    for (const step of process.stopSteps) await step.run();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await importAll(process, rows, stock);
    await untilFound(http, rows.length);
    await untilQuiet(process);
    return { http, process, dataDir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function importAll({ running }: RunningProcess, rows: readonly RawRow[], stock: number): Promise<void> {
  const actor = 'cli:bench';
  const sellerId = await importsSeller(running.shop, actor);
  const report = await importProducts(running.shop, rows, { sellerId, currency: 'USD', stock, actor });
  if (report.added !== rows.length) throw new Error(`not all was imported: ${JSON.stringify(report).slice(0, 500)}`);
}

async function untilFound(http: HttpClient, count: number): Promise<void> {
  const giveUpAt = performance.now() + 60_000;
  for (;;) {
    const { body } = await http.send('GET', '/products?limit=1&inStock=true');
    if ((body as { found: number }).found === count) return;
    if (performance.now() > giveUpAt) throw new Error(`only ${JSON.stringify(body).slice(0, 200)} can be found`);
    await sleep(100);
  }
}

/** What the processes still owe after the import would be counted as the cost of what is measured. */
async function untilQuiet({ engines: { database, store } }: RunningProcess): Promise<void> {
  for (;;) {
    const head = await store.head();
    const { rows } = await database.pool.query<{ position: string; owed: number }>(
      'select position, (select count(*) from processes.due) as owed from processes.checkpoint',
    );
    if (rows[0]?.owed === 0 && rows[0].position === head) return;
    await sleep(200);
  }
}
