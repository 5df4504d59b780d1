/** The whole shop over real sockets, as `npm start` composes it, on engines of its own; and people who use it. */
import { randomBytes } from 'node:crypto';
import type { Shop } from '../../commands/shop.ts';
import { type RunningProcess, startProcess } from '../../composition/process.ts';
import { loadConfig } from '../../platform/config/config.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { noteEngine } from '../../test/support/notes.ts';
import {
  type BesidePostgres,
  besidePostgres,
  openShopEngines,
  type ShopEngines,
} from '../../test/support/shop-engines.ts';
import { type Client, createClient } from './client.ts';

export type StartedShop = Client & {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly database: Database;
  /** What it runs on beside the database. */
  readonly engines: ShopEngines;
  /** The deciding half, for what no client can bring about. */
  readonly shop: Shop;
  readonly admin: { readonly email: string; readonly password: string };
  stop(): Promise<void>;
};

const ADMIN = { email: 'admin@souk.test', password: 'admin password' };

/** Starts it on a free port; `env` adds to the settings, as SOUK_CHECKOUT_DEADLINE_S; `on` are its engines beside Postgres. */
export async function startTestShop(
  env: Readonly<Record<string, string>> = {},
  on: readonly BesidePostgres[] = besidePostgres(),
): Promise<StartedShop> {
  const engines = await openShopEngines(on);
  const settings = {
    ...engines.settings,
    PORT: '0',
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'silent',
    SOUK_SEED: 'none',
    SOUK_MASTER_KEY: randomBytes(32).toString('base64'),
    SOUK_ADMIN_EMAIL: ADMIN.email,
    SOUK_ADMIN_PASSWORD: ADMIN.password,
    ...env,
  };
  const config = loadConfig(settings, 'all');
  const process = await startProcess({ config, logger: createLogger({ name: 'test', level: 'silent' }) });
  await expectEngines(engines, process);
  return {
    ...createClient(process.url),
    url: process.url,
    database: engines.database,
    engines,
    shop: process.running.shop,
    admin: ADMIN,
    async stop() {
      for (const step of process.stopSteps) await step.run();
      await engines.close();
    },
  };
}

/** A setting that a shop overlooked would leave the suite on other engines than the run says. */
async function expectEngines({ eventStore }: ShopEngines, { engines }: RunningProcess): Promise<void> {
  const { engine } = engines.store;
  const wanted = eventStore ? 'eventstoredb' : 'postgres';
  if (engine !== wanted) throw new Error(`the shop's log is on ${engine}, and should be on ${wanted}`);
  if (eventStore) {
    noteEngine({ engine: 'EventStoreDB', how: eventStore.how, version: await engines.store.version() });
  }
}
