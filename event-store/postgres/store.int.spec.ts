/** The contract, on Postgres, and what only this engine promises. */

import { createLogger } from '../../platform/logging/logger.ts';
import { createTestDatabase } from '../../platform/testing/test-database.ts';
import { eventStoreContract } from '../contract.ts';
import { createPostgresEventStore } from './store.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

eventStoreContract('Postgres', async () => {
  const { url, drop } = await createTestDatabase();
  const store = await createPostgresEventStore({ url, logger });
  return {
    store,
    reopen: () => createPostgresEventStore({ url, logger }),
    async drop() {
      await store.close();
      await drop();
    },
  };
});
