/** What the command runtime promises on any log: run on the one in memory and on real engines. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isRejection } from '../../domain/rejection.ts';
import { type EventStore, OutcomeUnknown } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { type CounterCommand, type CounterState, commandContext, counterDecider } from '../testing/counter.ts';
import { withFaults } from '../testing/faulty-store.ts';
import { createCommandRuntime, type RunningRuntime, type RuntimeOptions } from './runtime.ts';
import { type CommandContext, type Handled, type HandleOptions, StaleRevision } from './types.ts';

export const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });
export const keys = { digest: (purpose: string, text: string) => `${purpose}:${text}` };

/** Runs one command of the counter. */
export function run(
  runtime: RunningRuntime,
  id: string,
  command: CounterCommand,
  context: Partial<CommandContext> = {},
  options?: HandleOptions,
) {
  return runtime.handle(counterDecider, id, command, commandContext(context), options);
}

type Done = Handled<CounterState, object>;

/** The answer of a command that must not have been refused. */
export async function done(answer: ReturnType<typeof run>): Promise<Done> {
  const result = await answer;
  if (isRejection(result)) throw new Error(`refused: ${result.code}`);
  return result;
}

/** The tests; `makeStore` opens an empty log, `closeStore` ends it. */
export function commandRuntimeContract(
  makeStore: () => Promise<{ store: EventStore; end: () => Promise<void> }>,
): void {
  let store: EventStore;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ store, end } = await makeStore());
  });
  afterAll(() => end());

  const runtimeOn = (on: EventStore = store, options: Partial<RuntimeOptions> = {}) =>
    createCommandRuntime({ store: on, keys, logger, ...options });
  const levelOf = async (id: string) => (await runtimeOn().load(counterDecider, id)).state.level;

  describe('a repeat', () => {
    it('has its effect once and gets its first events, though another command came between', async () => {
      const runtime = runtimeOn();
      const id = newId();
      const context = commandContext();
      const first = await done(run(runtime, id, { kind: 'add', amount: 5 }, context));
      await run(runtime, id, { kind: 'add', amount: 7 });
      const second = await done(run(runtime, id, { kind: 'add', amount: 5 }, context));
      expect(second.repeated).toBe(true);
      expect(second.events).toEqual(first.events);
      expect(second).toMatchObject({ state: { level: 12 }, revision: 1 });
      expect(await levelOf(id)).toBe(12);
    });

    it('is known to another runtime and after a restart', async () => {
      const id = newId();
      const context = commandContext();
      const first = await done(run(runtimeOn(), id, { kind: 'add-each', amounts: [1, 2, 3] }, context));
      const other = runtimeOn();
      await run(other, id, { kind: 'add', amount: 10 });
      const second = await done(run(other, id, { kind: 'add-each', amounts: [1, 2, 3] }, context));
      expect(second.events).toEqual(first.events);
      expect(await levelOf(id)).toBe(16);
    });

    it('sent to two runtimes at once takes effect in one of them, and both answer with it', async () => {
      for (let round = 0; round < 10; round += 1) {
        const id = newId();
        const context = commandContext();
        const answers = await Promise.all(
          [runtimeOn(), runtimeOn()].map((runtime) => done(run(runtime, id, { kind: 'add', amount: 3 }, context))),
        );
        expect(answers.map(({ repeated }) => repeated).sort()).toEqual([false, true]);
        expect(answers[0]?.events).toEqual(answers[1]?.events);
        expect(await levelOf(id)).toBe(3);
      }
    });

    it('that stands twice in one batch takes effect once, though the first left nothing for the second', async () => {
      const runtime = runtimeOn();
      const id = newId();
      const context = commandContext();
      await run(runtime, id, { kind: 'add', amount: 3 });
      const answers = await Promise.all([1, 2].map(() => done(run(runtime, id, { kind: 'take', amount: 3 }, context))));
      expect(answers.map(({ repeated }) => repeated)).toEqual([false, true]);
      expect(answers[1]?.events).toEqual(answers[0]?.events);
      expect(await levelOf(id)).toBe(0);
    });

    it('that decides otherwise is a conflict and gets the first answer, not a second effect', async () => {
      const id = newId();
      const context = commandContext();
      // Two processes hold the same stale state: one has the price of 3, the other of 4.
      const [one, two] = [runtimeOn(), runtimeOn()];
      await Promise.all([one, two].map((runtime) => runtime.load(counterDecider, id)));
      const first = await done(run(one, id, { kind: 'add', amount: 3 }, context));
      const second = await done(run(two, id, { kind: 'add', amount: 4 }, context));
      expect(second).toMatchObject({ repeated: true, events: first.events, state: { level: 3 } });
      expect(two.stats().conflicts).toBe(1);
    });

    it('too old to be remembered is found in the log', async () => {
      let clock = Date.now() - 20 * 60_000;
      const runtime = runtimeOn(store, { limits: { memory: 4 }, clock: () => new Date(clock) });
      const id = newId();
      const context = commandContext({ issuedAt: new Date(clock).toISOString() });
      await run(runtime, id, { kind: 'add-each', amounts: [1, 1] }, context);
      clock = Date.now();
      for (let others = 0; others < 20; others += 1) await run(runtime, id, { kind: 'add', amount: 1 });
      const again = await done(run(runtime, id, { kind: 'add-each', amounts: [1, 1] }, context));
      expect(again.repeated).toBe(true);
      expect(again.events).toHaveLength(2);
      expect(runtime.stats().searches).toBe(1);
      expect(await levelOf(id)).toBe(22);
    });
  });

  describe('a refusal', () => {
    it('is given only after the log was looked at: a stale cache never refuses', async () => {
      const [one, two] = [runtimeOn(), runtimeOn()];
      const id = newId();
      expect(isRejection(await run(one, id, { kind: 'take', amount: 1 }))).toBe(true);
      await run(two, id, { kind: 'add', amount: 1 });
      expect(await done(run(one, id, { kind: 'take', amount: 1 }))).toMatchObject({ state: { level: 0 }, revision: 1 });
    });

    it('decided on another command of the batch is decided again when that one meets a conflict', async () => {
      const [one, two] = [runtimeOn(), runtimeOn()];
      const id = newId();
      await run(one, id, { kind: 'add', amount: 1 });
      await done(run(two, id, { kind: 'add', amount: 1 }));
      // On the cached level of 1 the second of these would be refused; there are 2.
      const answers = await Promise.all([1, 2].map(() => run(one, id, { kind: 'take', amount: 1 })));
      expect(answers.map(isRejection)).toEqual([false, false]);
    });

    it('of the last unit goes to all but one', async () => {
      const id = newId();
      const runtimes = [runtimeOn(), runtimeOn()];
      await run(runtimeOn(), id, { kind: 'add', amount: 50 });
      const answers = await Promise.all(
        Array.from({ length: 120 }, (_, n) => run(runtimes[n % 2] ?? runtimeOn(), id, { kind: 'take', amount: 1 })),
      );
      expect(answers.filter((answer) => !isRejection(answer))).toHaveLength(50);
      expect(await levelOf(id)).toBe(0);
    });
  });

  it('answers a no-op only on what the log has', async () => {
    const [one, two] = [runtimeOn(), runtimeOn()];
    const id = newId();
    await run(one, id, { kind: 'add', amount: 5 });
    await run(two, id, { kind: 'take', amount: 4 });
    const raised = await done(run(one, id, { kind: 'raise-to', level: 5 }));
    expect(raised).toMatchObject({ state: { level: 5 }, revision: 2 });
    expect(await done(run(one, id, { kind: 'raise-to', level: 5 }))).toMatchObject({ events: [], revision: 2 });
  });

  describe('a hot stream', () => {
    it('takes 500 commands in a few appends and without a conflict', async () => {
      const runtime = runtimeOn();
      const id = newId();
      const answers = await Promise.all(
        Array.from({ length: 500 }, () => done(run(runtime, id, { kind: 'add', amount: 1 }, {}, { isNew: true }))),
      );
      expect(answers.map(({ state }) => state.level)).toEqual(Array.from({ length: 500 }, (_, n) => n + 1));
      expect(answers.map(({ revision }) => revision)).toEqual(Array.from({ length: 500 }, (_, n) => n));
      expect(runtime.stats()).toMatchObject({ appends: 2, events: 500, conflicts: 0, loads: 0 });
      expect(await levelOf(id)).toBe(500);
    });

    it('shared by two runtimes lets both finish', async () => {
      const runtimes = [runtimeOn(), runtimeOn()];
      const id = newId();
      const work = runtimes.flatMap((runtime) =>
        Array.from({ length: 5 }, async () => {
          for (let n = 0; n < 10; n += 1) await done(run(runtime, id, { kind: 'add', amount: 1 }));
        }),
      );
      await Promise.all(work);
      expect(await levelOf(id)).toBe(100);
    });
  });

  describe('If-Match', () => {
    it('is judged for each command of a batch on what its predecessors left', async () => {
      const runtime = runtimeOn();
      const id = newId();
      await run(runtime, id, { kind: 'add', amount: 1 });
      const [first, second, third] = await Promise.allSettled([
        run(runtime, id, { kind: 'add', amount: 1 }, {}, { expectedRevision: 0 }),
        run(runtime, id, { kind: 'add', amount: 1 }, {}, { expectedRevision: 0 }),
        run(runtime, id, { kind: 'add', amount: 1 }, {}, { expectedRevision: 1 }),
      ]);
      expect(first.status).toBe('fulfilled');
      expect(second).toMatchObject({ status: 'rejected', reason: { name: 'StaleRevision', actual: 1 } });
      expect(third.status).toBe('fulfilled');
    });

    it('of a revision another process made is not called stale by an old cache', async () => {
      const [one, two] = [runtimeOn(), runtimeOn()];
      const id = newId();
      await run(one, id, { kind: 'add', amount: 1 });
      await run(two, id, { kind: 'add', amount: 1 });
      await done(run(one, id, { kind: 'add', amount: 1 }, {}, { expectedRevision: 1 }));
      await expect(run(two, id, { kind: 'add', amount: 1 }, {}, { expectedRevision: 1 })).rejects.toThrow(
        StaleRevision,
      );
    });

    it('does not stand in the way of a repeat', async () => {
      const runtime = runtimeOn();
      const id = newId();
      const context = commandContext();
      await run(runtime, id, { kind: 'add', amount: 1 });
      await run(runtime, id, { kind: 'add', amount: 1 }, context, { expectedRevision: 0 });
      const again = await done(run(runtime, id, { kind: 'add', amount: 1 }, context, { expectedRevision: 0 }));
      expect(again.repeated).toBe(true);
    });
  });

  describe('an append without an answer', () => {
    const lose = (attempt: number) => {
      if (attempt === 1) throw new OutcomeUnknown(new Error('connection lost'));
    };

    it('that was written takes effect once', async () => {
      const faulty = withFaults(store, { after: lose });
      const runtime = runtimeOn(faulty);
      const id = newId();
      const answers = await Promise.all([1, 2].map((amount) => done(run(runtime, id, { kind: 'add', amount }))));
      expect(answers.map(({ events }) => events.length)).toEqual([1, 1]);
      expect(faulty.calls.ids[1]).toEqual(faulty.calls.ids[0]);
      expect(await levelOf(id)).toBe(3);
    });

    it('that was not written takes effect once', async () => {
      const runtime = runtimeOn(withFaults(store, { before: lose }));
      const id = newId();
      await done(run(runtime, id, { kind: 'add', amount: 3 }));
      expect(await levelOf(id)).toBe(3);
    });

    it('and that others were faster than is decided again', async () => {
      const id = newId();
      const runtime = runtimeOn(
        withFaults(store, {
          async before(attempt) {
            if (attempt !== 1) return;
            await run(runtimeOn(), id, { kind: 'add', amount: 10 });
            lose(attempt);
          },
        }),
      );
      expect(await done(run(runtime, id, { kind: 'add', amount: 3 }))).toMatchObject({ state: { level: 13 } });
      expect(await levelOf(id)).toBe(13);
    });

    it('that was written, with others after it, is not done again', async () => {
      const id = newId();
      const runtime = runtimeOn(
        withFaults(store, {
          async after(attempt) {
            if (attempt !== 1) return;
            await run(runtimeOn(), id, { kind: 'add', amount: 10 });
            lose(attempt);
          },
        }),
      );
      expect(await done(run(runtime, id, { kind: 'add', amount: 3 }))).toMatchObject({ state: { level: 13 } });
      expect(await levelOf(id)).toBe(13);
    });
  });
}
