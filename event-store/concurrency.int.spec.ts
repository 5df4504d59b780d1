/** Many writing processes, killed and stopped at random: nothing is lost, doubled, out of order, or held up. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { createRandom } from '../platform/testing/random.ts';
import { createTestDatabase, type TestDatabase } from '../platform/testing/test-database.ts';
import { expectedOf } from './exact-revision.ts';
import type { EventStore, StoredEvent } from './port.ts';
import { createPostgresEventStore } from './postgres/store.ts';
import { faultsOf, HOT_STREAMS, readWholeLog, type WriterLine } from './testing/writers.ts';
import { testEvent } from './testing-events.ts';

const SEED = Number(process.env.TEST_SEED ?? 20261122);
const WRITERS = 3;
const ROUNDS = 6;
const logger = createLogger({ name: 'test', level: 'silent' });

let database: TestDatabase;
let store: EventStore;
const processes = new Set<ChildProcess>();

beforeAll(async () => {
  database = await createTestDatabase();
  store = await createPostgresEventStore({ url: database.url, logger });
});

afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await store.close();
  await database.drop();
});

it('keeps every acknowledged append, once and in order, while writers are killed and stopped', async () => {
  const random = createRandom(SEED).next;
  const live = follow(store);
  const writers = Array.from({ length: WRITERS }, startWriter);
  const all = [...writers];
  await Promise.all(writers.map((writer) => writer.progress(20)));

  for (let round = 0; round < ROUNDS; round += 1) {
    const index = Math.floor(random() * WRITERS);
    const victim = writers[index] as Writer;
    await victim.progress(Math.floor(random() * 40));
    const others = writers.filter((writer) => writer !== victim);
    if (round % 2 === 0) {
      // While it is stopped, perhaps in the middle of a batch, all others go on, also on the streams it shares.
      victim.child.kill('SIGSTOP');
      await Promise.all(others.flatMap((writer) => [writer.progress(20), writer.hotProgress(5)]));
      victim.child.kill('SIGCONT');
      await victim.progress(5);
    } else {
      await victim.kill();
      writers[index] = startWriter();
      all.push(writers[index] as Writer);
      await Promise.all(others.map((writer) => writer.progress(10)));
    }
  }
  await Promise.all(writers.map((writer) => writer.stop()));

  expect(all.flatMap((writer) => writer.faults)).toEqual([]);
  await expectNoDeadlock();
  await repeatUnanswered(all);
  const events = await readWholeLog(store);
  const done = all.flatMap((writer) => writer.done);
  expect(faultsOf(events, done)).toEqual([]);
  expect(done.length).toBeGreaterThan(150);
  expect(events.map((event) => Number(event.position))).toEqual(events.map((_, index) => index + 1));
  expect((await live.upTo(events.length)).map((event) => event.id)).toEqual(events.map((event) => event.id));
}, 180_000);

it('lets two processes create the same streams in opposite order', async () => {
  const other = await createPostgresEventStore({ url: database.url, logger });
  for (let round = 0; round < 12; round += 1) {
    const all = Array.from({ length: 500 }, () => ({ stream: `cart-${newId()}`, events: [testEvent()] }));
    const create = (by: EventStore, list: typeof all) =>
      Promise.all(list.map(({ stream, events }) => by.append(stream, events, 'no-stream')));
    const [ours, theirs] = await Promise.all([create(store, all), create(other, all.toReversed())]);
    expect(ours.map((result) => result.position)).toEqual(theirs.toReversed().map((result) => result.position));
  }
  await other.close();
  await expectNoDeadlock();
});

/** A deadlock would be survived (the batch is sent again in halves), but sorted locks do not have any. */
async function expectNoDeadlock(): Promise<void> {
  const { rows } = await database.database.pool.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
}

/** What a killed writer had sent without an answer is sent again: it must succeed, whether it had been stored or not. */
async function repeatUnanswered(writers: readonly Writer[]): Promise<void> {
  for (const { stream, expected, ids } of writers.flatMap((writer) => [...writer.unanswered.values()])) {
    const events = ids.map((id) => ({ ...testEvent(), id }));
    const result = await store.append(stream, events, expectedOf(expected));
    expect(result.revision).toBe(expected + ids.length);
  }
}

type Writer = ReturnType<typeof startWriter>;
type Line<K extends WriterLine['kind']> = Extract<WriterLine, { kind: K }>;

function startWriter() {
  const script = fileURLToPath(new URL('./concurrency-writer.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, database.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  processes.add(child);
  const exit = once(child, 'close').then(() => processes.delete(child));
  const done: Line<'done'>[] = [];
  const faults: string[] = [];
  const unanswered = new Map<string, Line<'intent'>>();
  const watchers = new Set<() => void>();
  let hot = 0;
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as WriterLine;
    if (line.kind === 'intent') unanswered.set(line.ids.join(), line);
    else if (line.kind === 'fault') faults.push(line.message);
    else if (line.kind === 'done') {
      done.push(line);
      unanswered.delete(line.ids.join());
      if (HOT_STREAMS.some((stream) => stream === line.stream)) hot += 1;
    }
    for (const look of [...watchers]) look();
  });
  const until = (reached: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (faults.length > 0) reject(new Error(faults.join('\n')));
        else if (!reached()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  return {
    child,
    done,
    faults,
    unanswered,
    /** Resolves when so many more appends are acknowledged. */
    progress(count: number) {
      const goal = done.length + count;
      return until(() => done.length >= goal);
    },
    hotProgress(count: number) {
      const goal = hot + count;
      return until(() => hot >= goal);
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
    async stop() {
      child.stdin.end();
      await exit;
    },
  };
}

/** Subscribes from the start; gives the events once there are enough. */
function follow(from: EventStore) {
  const stop = new AbortController();
  const events: StoredEvent[] = [];
  let goal = Number.POSITIVE_INFINITY;
  const reading = (async () => {
    for await (const message of from.subscribe({ after: null, signal: stop.signal })) {
      if (message.kind === 'events') events.push(...message.events);
      if (events.length >= goal) return;
    }
  })();
  return {
    async upTo(count: number): Promise<readonly StoredEvent[]> {
      goal = count;
      await reading;
      return events;
    },
  };
}
