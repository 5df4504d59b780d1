/** States that are only read: when the cache is believed, and how the tail keeps it fresh. */
import { expect, it } from '@jest/globals';
import type { StoredEvent } from '../../event-store/port.ts';
import { counterDecider } from '../testing/counter.ts';
import { withFaults } from '../testing/faulty-store.ts';
import { createMemoryEventStore } from '../testing/memory-event-store.ts';
import { done, keys, logger, run } from './runtime.contract.ts';
import { createCommandRuntime, type RuntimeLimits } from './runtime.ts';

function setUp(limits: Partial<RuntimeLimits> = {}) {
  const memory = createMemoryEventStore();
  let duringRead: (() => Promise<void>) | undefined;
  const store = withFaults(memory, {
    async onRead() {
      const now = duringRead;
      duringRead = undefined;
      await now?.();
    },
  });
  const tail = { lag: 0, lagMs: () => tail.lag };
  const runtime = createCommandRuntime({ store, keys, logger, tail, limits });
  const other = createCommandRuntime({ store: memory, keys, logger });
  const elsewhere = async (amount = 1, id = 'a'): Promise<readonly StoredEvent[]> => {
    const { revision } = await done(run(other, id, { kind: 'add', amount }));
    return memory.read(`counter-${id}`, { from: revision });
  };
  const level = async (how?: { fresh: boolean }) => (await runtime.load(counterDecider, 'a', how)).state.level;
  return { store, runtime, tail, elsewhere, level, onNextRead: (then: () => Promise<void>) => (duringRead = then) };
}

it('a cached state is read without the log while the tail is close, and follows what the tail brings', async () => {
  const { store, runtime, elsewhere, level } = setUp();
  await elsewhere(1);
  expect(await level()).toBe(1);
  const { reads } = store.calls;
  runtime.feed(await elsewhere(2));
  expect(await level()).toBe(3);
  expect(store.calls.reads).toBe(reads);
});

it('a state is read anew when the tail is more than a second behind', async () => {
  const { tail, elsewhere, level } = setUp();
  expect(await level()).toBe(0);
  await elsewhere(1);
  expect(await level()).toBe(0);
  tail.lag = 1_001;
  expect(await level()).toBe(1);
});

it('a state read before the tail ran is not believed once it runs: the tail may have begun after what it missed', async () => {
  const { tail, elsewhere, level } = setUp();
  tail.lag = Number.POSITIVE_INFINITY;
  expect(await level()).toBe(0);
  await elsewhere(1);
  tail.lag = 0;
  expect(await level()).toBe(1);
});

it('fresh reads what the log has now', async () => {
  const { elsewhere, level } = setUp();
  expect(await level()).toBe(0);
  await elsewhere(1);
  expect(await level({ fresh: true })).toBe(1);
});

it('an event that the tail brings while its stream is being read is not lost', async () => {
  const { runtime, store, elsewhere, level, onNextRead } = setUp();
  await elsewhere(1);
  const stale = await store.read('counter-a');
  onNextRead(async () => {
    runtime.feed(await elsewhere(2));
  });
  // The read answers with what it saw before that event.
  const read = store.read;
  Object.assign(store, {
    read: async (...given: Parameters<typeof read>) => (await read(...given)).slice(0, stale.length),
  });
  await level();
  expect(await level()).toBe(3);
});

it('a gap in what the tail brings drops the state', async () => {
  const { runtime, elsewhere, level } = setUp();
  expect(await level()).toBe(0);
  await elsewhere(1);
  runtime.feed(await elsewhere(2));
  expect(runtime.stats().cached).toBe(0);
  expect(await level()).toBe(3);
});

it('an event that cannot be decoded drops the state and breaks nothing', async () => {
  const { runtime, elsewhere, level } = setUp();
  await level();
  const [event] = await elsewhere(1);
  if (!event) throw new Error('an event was written');
  runtime.feed([{ ...event, type: 'Unheard' }]);
  expect(runtime.stats().cached).toBe(0);
});

it('many readers of one stream at once share one read', async () => {
  const { store, tail, level } = setUp();
  tail.lag = Number.POSITIVE_INFINITY;
  await Promise.all(Array.from({ length: 50 }, () => level()));
  expect(store.calls.reads).toBe(1);
});

it('a reader that joins a read under way still sees what its own process wrote before', async () => {
  const { store, runtime, tail, level } = setUp();
  tail.lag = Number.POSITIVE_INFINITY;
  await run(runtime, 'a', { kind: 'add', amount: 1 });
  let answer = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const read = store.read;
  Object.assign(store, {
    async read(...given: Parameters<typeof read>) {
      const seen = await read(...given);
      await held;
      return seen;
    },
  });
  const early = level();
  await new Promise((resolve) => setImmediate(resolve));
  await run(runtime, 'a', { kind: 'add', amount: 2 });
  const late = level();
  answer();
  expect(await late).toBe(3);
  expect(await early).toBeGreaterThanOrEqual(1);
});

it('the cache holds no more streams, and no more command ids, than it may', async () => {
  const byStreams = setUp({ streams: 3 });
  for (const id of ['a', 'b', 'c', 'd', 'e']) await run(byStreams.runtime, id, { kind: 'add', amount: 1 });
  expect(byStreams.runtime.stats().cached).toBe(3);
  const byIds = setUp({ commandIds: 10 });
  for (let n = 0; n < 6; n += 1) {
    for (const id of ['a', 'b', 'c']) await run(byIds.runtime, id, { kind: 'add', amount: 1 });
  }
  expect(byIds.runtime.stats().cached).toBeLessThan(3);
});
