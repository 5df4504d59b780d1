/** What the engines of a process refuse to open. */
import { expect, it } from '@jest/globals';
import { testEvent } from '../event-store/testing-events.ts';
import { loadConfig } from '../platform/config/config.ts';
import { KeysLost } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { createTestDatabase } from '../platform/testing/test-database.ts';
import { openEngines } from './engines.ts';

it('a log without the keys it was written with is refused, before anything is written under others', async () => {
  const test = await createTestDatabase();
  const config = loadConfig({ DATABASE_URL: test.url, SOUK_MASTER_KEY: 'ab'.repeat(32) }, 'cli');
  const open = () => openEngines({ config, logger: createLogger({ level: 'silent', name: 'test' }), name: 'test' });
  try {
    const first = await open();
    await first.store.append('cart-1', [testEvent()], 'no-stream');
    await first.close();
    await (await open()).close();
    await test.database.pool.query(
      'drop schema keys cascade; drop table souk_migrations_keys, souk_migrations_keys_lock',
    );
    await expect(open()).rejects.toThrow(KeysLost);
    await expect(open()).rejects.toThrow(/restore it together with the log/);
  } finally {
    await test.drop();
  }
});
