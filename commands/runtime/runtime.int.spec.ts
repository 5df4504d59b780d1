/** The runtime on the Postgres engine, with snapshots and a live tail. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isRejection } from '../../domain/rejection.ts';
import { createEventStoreDbStore } from '../../event-store/eventstoredb/store.ts';
import type { EventStore } from '../../event-store/port.ts';
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import { createTail } from '../../event-store/tail.ts';
import { newId } from '../../platform/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';
import { openEventStoreServer } from '../../test/support/event-store-server.ts';
import { commandContext, counterDecider } from '../testing/counter.ts';
import { commandRuntimeContract, done, keys, logger, run } from './runtime.contract.ts';
import { createCommandRuntime } from './runtime.ts';
import { createPostgresSnapshots } from './snapshots.ts';

async function openStore() {
  const test = await createTestDatabase();
  const store = await createPostgresEventStore({ url: test.url, logger });
  return {
    test,
    store,
    end: async () => {
      await store.close();
      await test.drop();
    },
  };
}

describe('the command runtime on Postgres', () => {
  commandRuntimeContract(openStore);
});

describe('the command runtime on EventStoreDB', () => {
  commandRuntimeContract(async () => {
    const server = await openEventStoreServer();
    const store = await createEventStoreDbStore({ url: server.url, logger });
    return {
      store,
      end: async () => {
        await store.close();
        await server.close();
      },
    };
  });
});

describe('two processes on one log', () => {
  it('sell each unit once, take a repeat for one, and keep each other fresh by their tails', async () => {
    const { test, store, end } = await openStore();
    const second = await createPostgresEventStore({ url: test.url, logger });
    const tails = [store, second].map((on) => createTail({ store: on, logger }));
    try {
      const runtimes = [store, second].map((on, n) => {
        const tail = { lagMs: () => (tails[n]?.lagSeconds() ?? 0) * 1_000 };
        const runtime = createCommandRuntime({ store: on, keys, logger, tail });
        tails[n]?.onEvents(runtime.feed);
        return runtime;
      });
      const id = newId();
      const answers = await Promise.all([
        ...runtimes.map((runtime) => run(runtime, id, { kind: 'add', amount: 30 }, { commandId: id })),
        ...Array.from({ length: 40 }, () => commandContext()).flatMap((context) =>
          runtimes.map((runtime) => run(runtime, id, { kind: 'take', amount: 1 }, context)),
        ),
      ]);
      expect(
        answers
          .slice(0, 2)
          .map((answer) => !isRejection(answer) && answer.repeated)
          .sort(),
      ).toEqual([false, true]);
      const effects = answers.slice(2).filter((answer) => !isRejection(answer) && !answer.repeated);
      const events = await store.read(`counter-${id}`);
      expect(effects).toHaveLength(events.length - 1);
      expect(effects.length).toBeLessThanOrEqual(30);
      expect(new Set(events.map(({ metadata }) => metadata.commandId)).size).toBe(events.length);
      for (const tail of tails) {
        const head = await store.head();
        if (head) expect(await tail.waitFor(head, { timeoutMs: 30_000 })).toBe(true);
      }
      for (const runtime of runtimes) {
        expect(await runtime.load(counterDecider, id)).toMatchObject({
          state: { level: 30 - effects.length },
          revision: events.length - 1,
        });
      }
    } finally {
      for (const tail of tails) await tail.close();
      await second.close();
      await end();
    }
  });
});

describe('snapshots', () => {
  let test: TestDatabase;
  let store: EventStore;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ test, store, end } = await openStore());
  });
  afterAll(() => end());

  const snapshotting = async (memory = 512) => {
    const options = { database: test.database, identity: await store.identity(), logger };
    const snapshots = await createPostgresSnapshots({ ...options, every: 200, memory });
    return createCommandRuntime({ store, keys, logger, snapshots, limits: { memory } });
  };
  const fill = async (id: string, events: number) => {
    const runtime = await snapshotting();
    for (let left = events; left > 0; left -= 100) {
      await done(run(runtime, id, { kind: 'add-each', amounts: Array.from({ length: Math.min(100, left) }, () => 1) }));
    }
    await runtime.close();
  };
  const rows = async (id: string) => {
    const { rows } = await test.database.pool.query(
      'select revision, state_version, state from commands.snapshots where stream = $1',
      [`counter-${id}`],
    );
    return rows;
  };
  const spoil = (id: string, change: string) =>
    test.database.pool.query(`update commands.snapshots set ${change} where stream = $1`, [`counter-${id}`]);

  it('are written as a stream grows, and spare reading what lies before', async () => {
    const id = newId();
    await fill(id, 450);
    expect(await rows(id)).toMatchObject([{ revision: 399, state_version: 1, state: { level: 400 } }]);
    // A snapshot that says something else shows that it is what was read.
    await spoil(id, `state = '{"level": 1000, "lastAt": null, "reasons": 0}'`);
    const { state, revision } = await (await snapshotting()).load(counterDecider, id);
    expect({ level: state.level, revision }).toEqual({ level: 1050, revision: 449 });
  });

  it.each([
    ['another version of the state', 'state_version = 0'],
    ['another log', `log_id = '00000000-0000-4000-8000-000000000000'`],
    ['another epoch of the log', 'epoch = epoch + 1'],
    ['an event that this log does not have there', `event_id = '00000000-0000-4000-8000-000000000000'`],
  ])('of %s are ignored', async (_what, change) => {
    const id = newId();
    await fill(id, 450);
    await spoil(id, `state = '{"level": 1000, "lastAt": null, "reasons": 0}', ${change}`);
    expect((await (await snapshotting()).load(counterDecider, id)).state.level).toBe(450);
  });

  it('hold the ids of the latest commands, so that a repeat is known after a restart', async () => {
    const id = newId();
    const context = commandContext();
    await fill(id, 199);
    const before = await snapshotting();
    const first = await done(run(before, id, { kind: 'add', amount: 7 }, context));
    await before.close();
    const after = await snapshotting();
    const again = await done(run(after, id, { kind: 'add', amount: 7 }, context));
    expect(again).toMatchObject({ repeated: true, events: first.events });
    expect(after.stats().searches).toBe(0);
  });

  it('that forgot a command lead to it by the log', async () => {
    const id = newId();
    const context = commandContext();
    await done(run(await snapshotting(), id, { kind: 'add', amount: 7 }, context));
    const small = await snapshotting(2);
    for (let n = 0; n < 4; n += 1) await done(run(small, id, { kind: 'add-each', amounts: Array(60).fill(1) }));
    await small.close();
    const after = await snapshotting(2);
    expect(await done(run(after, id, { kind: 'add', amount: 7 }, context))).toMatchObject({
      repeated: true,
      revision: 240,
    });
    expect(after.stats().searches).toBe(1);
    // What was read back is remembered: the next command finds it all in memory.
    await done(run(after, id, { kind: 'add', amount: 1 }));
    expect(after.stats().searches).toBe(1);
  });

  it('and the events after them give the state a full replay gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 120 }), { maxLength: 8 }),
        async (commands) => {
          const id = newId();
          const runtime = await snapshotting();
          for (const amounts of commands) await done(run(runtime, id, { kind: 'add-each', amounts }));
          await runtime.close();
          const replayed = await createCommandRuntime({ store, keys, logger }).load(counterDecider, id);
          expect(await (await snapshotting()).load(counterDecider, id)).toEqual(replayed);
        },
      ),
      { numRuns: 12 },
    );
  });

  it('are a help only: without their table commands go on', async () => {
    const id = newId();
    await fill(id, 250);
    const runtime = await snapshotting();
    await test.database.pool.query('alter table commands.snapshots rename to gone');
    try {
      expect(await done(run(runtime, id, { kind: 'add-each', amounts: Array(200).fill(1) }))).toMatchObject({
        state: { level: 450 },
      });
      await runtime.close();
    } finally {
      await test.database.pool.query('alter table commands.gone rename to snapshots');
    }
  });
});
