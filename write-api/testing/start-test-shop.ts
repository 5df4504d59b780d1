/** The whole shop over real sockets, as `npm start` composes it, on a database of its own; and people who use it. */
import { randomBytes } from 'node:crypto';
import type { Shop } from '../../commands/shop.ts';
import { startProcess } from '../../composition/process.ts';
import { loadConfig } from '../../platform/config/config.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { createTestDatabase } from '../../platform/testing/test-database.ts';
import { type Client, createClient } from './client.ts';

export type StartedShop = Client & {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly database: Database;
  /** The deciding half, for what no client can bring about. */
  readonly shop: Shop;
  readonly admin: { readonly email: string; readonly password: string };
  stop(): Promise<void>;
};

const ADMIN = { email: 'admin@souk.test', password: 'admin password' };

/** Starts it on a free port; `env` adds to the settings, as SOUK_CHECKOUT_DEADLINE_S. */
export async function startTestShop(env: Readonly<Record<string, string>> = {}): Promise<StartedShop> {
  const { url, database, drop } = await createTestDatabase();
  const settings = {
    DATABASE_URL: url,
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
  return {
    ...createClient(process.url),
    url: process.url,
    database,
    shop: process.running.shop,
    admin: ADMIN,
    async stop() {
      for (const step of process.stopSteps) await step.run();
      await drop();
    },
  };
}
