/** The log in memory keeps the contract of the real engines, or tests that use it would prove nothing. */
import { eventStoreContract } from '../../event-store/contract.ts';
import { createMemoryEventStore } from './memory-event-store.ts';

eventStoreContract('memory', async () => {
  const store = createMemoryEventStore();
  return {
    store,
    reopen: async () => ({ ...store, close: async () => undefined }),
    drop: () => store.close(),
  };
});
