/** The contract, on EventStoreDB: a real server where one can be had, else its double. */
import { createLogger } from '../../platform/logging/logger.ts';
import { openEventStoreServer } from '../../test/support/event-store-server.ts';
import { noteEngine } from '../../test/support/notes.ts';
import { eventStoreContract } from '../contract.ts';
import { createEventStoreDbStore } from './store.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

eventStoreContract('EventStoreDB', async () => {
  const server = await openEventStoreServer();
  const store = await createEventStoreDbStore({ url: server.url, logger });
  noteEngine({ engine: 'EventStoreDB', how: server.how, version: await store.version() });
  return {
    store,
    reopen: () => createEventStoreDbStore({ url: server.url, logger }),
    async drop() {
      await store.close();
      await server.close();
    },
  };
});
