/** The runtime on the log in memory: its contract, and what needs faults or a clock that a real log does not give. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Decider } from '../../domain/decider.ts';
import { isRejection } from '../../domain/rejection.ts';
import { InvalidAppend, LogUnavailable, OutcomeUnknown } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { type CounterCommand, commandContext, counterDecider } from '../testing/counter.ts';
import { type Faults, withFaults } from '../testing/faulty-store.ts';
import { createMemoryEventStore } from '../testing/memory-event-store.ts';
import { commandRuntimeContract, done, keys, logger, run } from './runtime.contract.ts';
import { createCommandRuntime, type RuntimeOptions } from './runtime.ts';
import { TooContended } from './types.ts';

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

function setUp(faults: Faults = {}, options: Partial<RuntimeOptions> = {}) {
  const memory = createMemoryEventStore();
  const store = withFaults(memory, faults);
  return { memory, store, runtime: createCommandRuntime({ store, keys, logger, ...options }) };
}

describe('the command runtime in memory', () => {
  commandRuntimeContract(async () => {
    const store = createMemoryEventStore();
    return { store, end: () => store.close() };
  });
});

describe('what is written', () => {
  it('carries who, why, when and under which command', async () => {
    const at = '2026-03-01T10:00:00.000Z';
    const { memory, runtime } = setUp({}, { clock: () => new Date(at) });
    const context = commandContext({
      correlationId: 'corr',
      causationId: 'cause',
      traceparent: '00-abc',
      actor: 'user:1',
    });
    await run(runtime, 'a', { kind: 'add-each', amounts: [1, 2] }, context);
    const events = await memory.read('counter-a');
    expect(events[0]?.metadata).toEqual({
      $correlationId: 'corr',
      $causationId: 'cause',
      commandId: context.commandId,
      actor: 'user:1',
      occurredAt: at,
      recordedAt: at,
      schemaVersion: 1,
      traceparent: '00-abc',
    });
    expect(new Set(events.map(({ id }) => id)).size).toBe(2);
  });

  it('has ids that follow from command, stream, place and what was decided', async () => {
    const ids = async (stream: string, command: CounterCommand, commandId: string) => {
      const { memory, runtime } = setUp();
      await run(runtime, stream, command, { commandId });
      return (await memory.read(`counter-${stream}`)).map(({ id }) => id);
    };
    const commandId = newId();
    const same = await ids('a', { kind: 'add', amount: 1 }, commandId);
    expect(await ids('a', { kind: 'add', amount: 1 }, commandId)).toEqual(same);
    expect(await ids('a', { kind: 'add', amount: 2 }, commandId)).not.toEqual(same);
    expect(await ids('b', { kind: 'add', amount: 1 }, commandId)).not.toEqual(same);
    expect(await ids('a', { kind: 'add', amount: 1 }, newId())).not.toEqual(same);
  });

  it('fits its schema: an event that does not fails its own command and none beside it', async () => {
    const { runtime } = setUp();
    const [bad, good] = await Promise.allSettled([
      run(runtime, 'a', { kind: 'add', amount: 0.5 }),
      run(runtime, 'a', { kind: 'add', amount: 2 }),
    ]);
    expect(bad).toMatchObject({ status: 'rejected', reason: { name: 'UndecodableEvent' } });
    expect(good).toMatchObject({ status: 'fulfilled', value: { state: { level: 2 }, revision: 0 } });
  });

  it('is split over appends where it is too much for one, in the order in which it came', async () => {
    const { store, runtime } = setUp({}, { limits: { batchBytes: 3_000, batchCommands: 5 } });
    const command = { kind: 'add', amount: 1, reason: 'r'.repeat(500) } as const;
    const answers = await Promise.all(Array.from({ length: 12 }, () => done(run(runtime, 'a', command))));
    expect(store.calls.ids.map(({ length }) => length)).toEqual([3, 3, 3, 3]);
    expect(answers.map(({ state }) => state.level)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
  });

  it('is tried one by one where the log refuses a batch, so that only the one to blame fails', async () => {
    const { store, runtime } = setUp({
      before: () => {
        if ((store.calls.ids.at(-1)?.length ?? 0) > 1) throw new InvalidAppend('one of these');
      },
    });
    const answers = await Promise.all([1, 2, 3].map((amount) => done(run(runtime, 'a', { kind: 'add', amount }))));
    expect(answers.at(-1)?.state.level).toBe(6);
  });
});

describe('reads', () => {
  it('are none for a command on a cached stream, nor for one on a stream that is new', async () => {
    const { store, runtime } = setUp();
    await run(runtime, 'a', { kind: 'add', amount: 1 }, {}, { isNew: true });
    await run(runtime, 'a', { kind: 'add', amount: 1 });
    expect(store.calls).toMatchObject({ appends: 2, reads: 0 });
  });

  it('follow when the stream that should be new is there already', async () => {
    const { memory, runtime } = setUp();
    await done(run(createCommandRuntime({ store: memory, keys, logger }), 'a', { kind: 'add', amount: 4 }));
    const answer = await done(run(runtime, 'a', { kind: 'add', amount: 1 }, {}, { isNew: true }));
    expect(answer).toMatchObject({ state: { level: 5 }, revision: 1 });
  });

  it('of old events are spared where the remembered commands reach back far enough', async () => {
    let clock = minutesAgo(20);
    const { runtime } = setUp({}, { limits: { memory: 2 }, clock: () => new Date(clock) });
    for (let n = 0; n < 5; n += 1) await run(runtime, 'a', { kind: 'add', amount: 1 });
    clock = minutesAgo(0);
    await run(runtime, 'a', { kind: 'add', amount: 1 });
    expect(runtime.stats().searches).toBe(0);
    await run(runtime, 'a', { kind: 'add', amount: 1 }, { issuedAt: minutesAgo(18) });
    expect(runtime.stats().searches).toBe(1);
  });

  it('of old events are spared on a hot stream: its commands are remembered for as long as a fresh one looks back', async () => {
    const { runtime } = setUp({}, { limits: { memory: 2 } });
    for (let n = 0; n < 30; n += 1) await run(runtime, 'a', { kind: 'add', amount: 1 });
    expect(runtime.stats().searches).toBe(0);
  });

  it('of old events are made once, and what they found is remembered', async () => {
    const { memory, runtime } = setUp({}, { limits: { memory: 2 } });
    const context = commandContext();
    const before = createCommandRuntime({ store: memory, keys, logger });
    await run(before, 'a', { kind: 'add', amount: 1 }, context);
    for (let n = 0; n < 900; n += 1) await run(before, 'a', { kind: 'add', amount: 1 });
    // Four hundred are all that two are stretched to: the first five hundred are out of mind.
    for (let n = 0; n < 10; n += 1) await run(runtime, 'a', { kind: 'add', amount: 1 });
    expect(runtime.stats().searches).toBeGreaterThan(0);
    expect(await done(run(runtime, 'a', { kind: 'add', amount: 1 }, context))).toMatchObject({ repeated: true });
  });

  it('of old events are spared where the state itself knows the command', async () => {
    const { runtime } = setUp({}, { limits: { memory: 1 } });
    for (let n = 0; n < 250; n += 1) await run(runtime, 'a', { kind: 'add', amount: 1 }, {}, { naturalKey: true });
    expect(runtime.stats().searches).toBe(0);
  });
});

describe('an append whose outcome stays unknown', () => {
  it('is given up as such after a time, and its stream is read anew', async () => {
    let broken = true;
    const { runtime } = setUp(
      {
        after: () => {
          if (broken) throw new Error('socket hang up');
        },
      },
      { limits: { patienceMs: 0 } },
    );
    const context = commandContext();
    await expect(run(runtime, 'a', { kind: 'add', amount: 1 }, context)).rejects.toThrow(OutcomeUnknown);
    broken = false;
    expect(await done(run(runtime, 'a', { kind: 'add', amount: 1 }, context))).toMatchObject({
      repeated: true,
      state: { level: 1 },
    });
  });

  it('is not given up because the log cannot be reached for a while after', async () => {
    const { runtime } = setUp({
      after(attempt) {
        if (attempt === 1) throw new OutcomeUnknown(new Error('lost'));
      },
      before(attempt) {
        if (attempt === 2) throw new LogUnavailable('away');
      },
    });
    expect(await done(run(runtime, 'a', { kind: 'add', amount: 1 }))).toMatchObject({ state: { level: 1 } });
  });
});

it('does not send again what the log says was not written', async () => {
  const { store, runtime } = setUp({
    before(attempt) {
      if (attempt === 1) throw new LogUnavailable('away');
    },
  });
  await expect(run(runtime, 'a', { kind: 'add', amount: 1 })).rejects.toThrow(LogUnavailable);
  expect(store.calls.appends).toBe(1);
});

it('gives up with TooContended when others always come first', async () => {
  const { memory, runtime } = setUp(
    {
      before: async () => {
        await done(run(createCommandRuntime({ store: memory, keys, logger }), 'a', { kind: 'add', amount: 1 }));
      },
    },
    { limits: { attempts: 3 } },
  );
  await expect(run(runtime, 'a', { kind: 'add', amount: 1 })).rejects.toThrow(TooContended);
});

it('refuses to queue more than it may, and answers those in the queue', async () => {
  const { runtime } = setUp({}, { limits: { queued: 3 } });
  const answers = await Promise.allSettled([1, 2, 3, 4, 5].map((amount) => run(runtime, 'a', { kind: 'add', amount })));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
  await runtime.close();
  expect(runtime.stats()).toMatchObject({ waiting: 0, commands: 5 });
});

it('answers what is under way when it closes, and takes nothing more', async () => {
  const { runtime } = setUp();
  const answer = run(runtime, 'a', { kind: 'add', amount: 1 });
  await runtime.close();
  expect(await done(answer)).toMatchObject({ revision: 0 });
  await expect(run(runtime, 'a', { kind: 'add', amount: 1 })).rejects.toThrow(/stopping/);
});

it('folds to the same state as a replay, whatever runs at once, is lost, repeated or refused', async () => {
  const command = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), amount: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('take' as const), amount: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('raise-to' as const), level: fc.integer({ min: 0, max: 9 }) }),
  );
  const step = fc.record({ command, runtime: fc.nat(1), stream: fc.nat(1), times: fc.integer({ min: 1, max: 2 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.array(fc.nat(4), { maxLength: 10 }), async (steps, lost) => {
      const memory = createMemoryEventStore();
      const faulty = withFaults(memory, {
        before: (n) => (lost[n] === 1 ? Promise.reject(new OutcomeUnknown(new Error('before'))) : undefined),
        after: (n) => (lost[n] === 2 ? Promise.reject(new OutcomeUnknown(new Error('after'))) : undefined),
      });
      const runtimes = [faulty, memory].map((store) =>
        createCommandRuntime({ store, keys, logger, limits: { memory: 3, batchCommands: 4 } }),
      );
      const effects = await Promise.all(
        steps.flatMap(({ command, runtime, stream, times }) => {
          const context = commandContext();
          return Array.from({ length: times }, async (_, n) => {
            const on = runtimes[(runtime + n) % 2];
            if (!on) throw new Error('two runtimes');
            const answer = await run(on, `s${stream}`, command, context);
            return isRejection(answer) || answer.repeated ? 0 : answer.events.length;
          });
        }),
      );
      const stored = await memory.readAll({ after: null });
      const commands = stored.events.map(({ metadata }) => metadata.commandId);
      expect(new Set(commands).size).toBe(commands.length);
      expect(effects.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(commands.length);
      for (const id of ['s0', 's1']) {
        const replayed = await createCommandRuntime({ store: memory, keys, logger }).load(counterDecider, id);
        expect(replayed.state.level).toBeGreaterThanOrEqual(0);
        for (const runtime of runtimes) {
          expect(await runtime.load(counterDecider, id, { fresh: true })).toEqual(replayed);
        }
      }
    }),
    { numRuns: 60 },
  );
});

it('keeps a bug in decide to the command that met it', async () => {
  const { runtime } = setUp();
  const broken: Decider<number, string, { type: 'StockAdjusted'; data: { delta: number } }> = {
    category: 'broken',
    stateVersion: 1,
    initialState: 0,
    evolve: (state) => state,
    decide() {
      throw new Error('a bug');
    },
  };
  await expect(runtime.handle(broken, 'x', 'go', commandContext())).rejects.toThrow('a bug');
});
