/** The contract, on EventStoreDB. */
import { createLogger } from '../../platform/logging/logger.ts';
import { eventStoreContract } from '../contract.ts';
import { createEventStoreDbStore } from './store.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

eventStoreContract('EventStoreDB', async () => {
  const url = process.env.EVENTSTORE_URL ?? '';
  const store = await createEventStoreDbStore({ url, logger });
  return { store, reopen: () => createEventStoreDbStore({ url, logger }), drop: () => store.close() };
});
