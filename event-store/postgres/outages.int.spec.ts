/** What the log on Postgres does when connections break, locks are kept, or one append spoils a batch. */
import { type AddressInfo, connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';
import { untilItWorks } from '../../platform/testing/until.ts';
import {
  CheckpointMismatch,
  type EventStore,
  InvalidAppend,
  LogUnavailable,
  OutcomeUnknown,
  type Position,
  type StoredEvent,
} from '../port.ts';
import { createTail } from '../tail.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import { createPostgresEventStore } from './store.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

let database: TestDatabase;
let proxy: Proxy;
let store: EventStore;

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  proxy = await startProxy(database.url);
  store = await createPostgresEventStore({ url: proxy.url, logger, queueTimeoutMs: 1_000 });
});
afterEach(async () => {
  await store.close();
  await proxy.close();
});

it('says that the outcome is unknown when the connection breaks under an append, and takes its repeat', async () => {
  const stream = `cart-${newId()}`;
  await store.append(stream, testEvents(1), 'no-stream');
  const lock = await lockStream(stream);
  const events = testEvents(1);
  const underWay = store.append(stream, events, 0);
  await lock.someoneWaits();
  proxy.cut();
  await expect(underWay).rejects.toThrow(OutcomeUnknown);
  await lock.release();
  expect(await store.append(stream, events, 0)).toMatchObject({ revision: 1 });
  expect(await store.read(stream)).toHaveLength(2);
});

it('refuses what has waited too long to be sent, and goes on by itself when the database is back', async () => {
  const stream = `cart-${newId()}`;
  await proxy.down();
  await expect(store.append(stream, testEvents(1), 'no-stream')).rejects.toThrow(LogUnavailable);
  await expect(store.read(stream)).rejects.toThrow(LogUnavailable);
  await proxy.up();
  await untilItWorks(() => store.append(stream, testEvents(1), 'no-stream'));
  expect(await store.read(stream)).toHaveLength(1);
});

it('sends what was queued while the connection was away', async () => {
  const all = Array.from({ length: 20 }, () => ({ stream: `cart-${newId()}`, events: testEvents(1) }));
  proxy.cut();
  // What was on its way at the cut is uncertain, and only that; its repeat settles it.
  const appends = all.map(({ stream, events }) =>
    store.append(stream, events, 'no-stream').catch((error: unknown) => {
      expect(error).toBeInstanceOf(OutcomeUnknown);
      return store.append(stream, events, 'no-stream');
    }),
  );
  expect((await Promise.all(appends)).every((result) => result.revision === 0)).toBe(true);
});

it('refuses the one append that spoils a batch, and stores the others', async () => {
  await database.database.pool.query(
    'alter table log.events add constraint poison check (type <> $$Poison$$) not valid',
  );
  const good = Array.from({ length: 20 }, () => `cart-${newId()}`);
  const spoiled = `cart-${newId()}`;
  const results = await Promise.allSettled([
    ...good.map((stream) => store.append(stream, testEvents(1), 'no-stream')),
    store.append(spoiled, [testEvent({}, 'Poison')], 'no-stream'),
  ]);
  expect(results.slice(0, 20).every((result) => result.status === 'fulfilled')).toBe(true);
  expect(results[20]).toMatchObject({ status: 'rejected', reason: expect.any(InvalidAppend) });
  await database.database.pool.query('alter table log.events drop constraint poison');
  await expect(store.append(spoiled, testEvents(1), 'no-stream')).resolves.toMatchObject({ revision: 0 });
});

it('does not wait for ever for a stream that someone keeps locked, and stores the others', async () => {
  const patient = await createPostgresEventStore({ url: database.url, logger, queueTimeoutMs: 20_000 });
  const stream = `cart-${newId()}`;
  await patient.append(stream, testEvents(1), 'no-stream');
  const lock = await lockStream(stream);
  const held = patient.append(stream, testEvents(1), 0);
  await Promise.all([
    expect(held).rejects.toThrow(LogUnavailable),
    patient.append(`cart-${newId()}`, testEvents(1), 'no-stream'),
    patient.append(`cart-${newId()}`, testEvents(1), 'no-stream'),
  ]);
  await lock.release();
  await expect(patient.append(stream, testEvents(1), 0)).resolves.toMatchObject({ revision: 1 });
  await patient.close();
});

it('keeps the tail going through an outage, without gap or repeat', async () => {
  const tail = createTail({ store, logger });
  const heard: StoredEvent[] = [];
  tail.onEvents((events) => heard.push(...events));
  const direct = await createPostgresEventStore({ url: database.url, logger });
  await tail.ready;
  const written: Position[] = [];
  for (let round = 0; round < 3; round += 1) {
    let last: Position | undefined;
    if (round === 1) await proxy.down();
    for (let n = 0; n < 5; n += 1) {
      last = (await direct.append(`cart-${newId()}`, testEvents(1), 'no-stream')).position;
      written.push(last);
    }
    if (last === undefined) throw new Error('nothing was written');
    if (round === 1) {
      expect(await tail.waitFor(last, { timeoutMs: 50 })).toBe(false);
      await proxy.up();
    }
    expect(await tail.waitFor(last, { timeoutMs: 30_000 })).toBe(true);
  }
  expect(heard.map((event) => event.position)).toEqual(written);
  await direct.close();
  await tail.close();
});

it('neither writes nor follows when another log, or this one restored, stands where its log stood', async () => {
  const stream = `cart-${newId()}`;
  const head = (await store.append(stream, testEvents(1), 'no-stream')).position;
  const messages = store.subscribe({ after: head, signal: new AbortController().signal })[Symbol.asyncIterator]();
  await messages.next();
  await database.database.pool.query('update log.identity set epoch = epoch + 1');
  try {
    await expect(
      (async () => {
        for (;;) await messages.next();
      })(),
    ).rejects.toThrow(CheckpointMismatch);
    proxy.cut();
    await untilItWorks(async () => {
      // The connection of before the restore is gone: whatever is decided on states of the old log is refused.
      await expect(store.append(stream, testEvents(1), 0)).rejects.toThrow(LogUnavailable);
    });
    expect(await store.read(stream)).toHaveLength(1);
  } finally {
    await database.database.pool.query('update log.identity set epoch = epoch - 1');
  }
});

/** Keeps a stream's row locked, as a person with an open transaction would. */
async function lockStream(stream: string) {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query('begin');
  await client.query('select from log.streams where stream_id = $1 for update', [stream]);
  return {
    someoneWaits: () =>
      untilItWorks(async () => {
        const { rows } = await client.query(
          "select from pg_stat_activity where wait_event_type = 'Lock' and query like 'execute%'",
        );
        expect(rows.length).toBeGreaterThan(0);
      }),
    async release() {
      await client.query('rollback');
      await client.end();
    },
  };
}

type Proxy = Awaited<ReturnType<typeof startProxy>>;

/** A way to the database that can be cut. */
async function startProxy(target: string) {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  const listen = (port: number) =>
    new Promise<Server>((resolve) => {
      const server = createServer((incoming) => {
        const outgoing = connectTo(Number(to.port || 5432), to.hostname);
        for (const [one, other] of [
          [incoming, outgoing],
          [outgoing, incoming],
        ] as const) {
          sockets.add(one);
          one.pipe(other);
          one.on('error', () => other.destroy());
          one.on('close', () => {
            sockets.delete(one);
            other.destroy();
          });
        }
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const down = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    cut();
    await closed;
  };
  return {
    url: url.href,
    cut,
    down,
    async up() {
      server = await listen(port);
    },
    close: down,
  };
}
