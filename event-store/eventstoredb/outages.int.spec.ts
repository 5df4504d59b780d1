/** What the log on EventStoreDB does when connections break, the server stands still, or another log stands there. */

import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { until, untilItWorks } from '../../platform/testing/until.ts';
import {
  CheckpointMismatch,
  type EventStore,
  InvalidAppend,
  type JsonObject,
  LogUnavailable,
  OutcomeUnknown,
  type StoredEvent,
  type SubscriptionMessage,
} from '../port.ts';
import { createTail } from '../tail.ts';
import { type EventStoreDbDouble, startEventStoreDbDouble } from '../testing/eventstoredb/double.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import { appendsOver } from './append-call.ts';
import { closeClient, openAppendCall, openClient } from './client.ts';
import { createEventStoreDbStore, declareRestored } from './store.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

let server: EventStoreDbDouble;
let store: EventStore;
const others: EventStore[] = [];

/** Short of time, so that a server that says nothing is given up soon. */
const open = async (answerTimeoutMs = 2_000) => {
  const opened = await createEventStoreDbStore({ url: server.url, logger, answerTimeoutMs });
  others.push(opened);
  return opened;
};

beforeEach(async () => {
  server = await startEventStoreDbDouble({ commitTimeoutMs: 300 });
  store = await open();
});
afterEach(async () => {
  server.faults.clear();
  await Promise.all(others.splice(0).map((one) => one.close()));
  await server.close();
});

it.each(['before-write', 'after-write'] as const)(
  'says that the outcome is unknown when the connection is cut %s, and its repeat makes one event of it',
  async (when) => {
    const stream = `cart-${newId()}`;
    const events = testEvents(2);
    server.faults.cutAppends(when);
    await expect(store.append(stream, events, 'no-stream')).rejects.toThrow(OutcomeUnknown);
    expect(await store.append(stream, events, 'no-stream')).toMatchObject({ revision: 1 });
    expect((await store.read(stream)).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  },
);

it('sends again by itself what the server drops because another process has the same under way', async () => {
  const stream = `cart-${newId()}`;
  const event = testEvent();
  const foreign = EventStoreDBClient.connectionString(server.url);
  await foreign.appendToStream('cart-0', jsonEvent({ type: 'Noted', data: {} }));
  // Long enough for both to be under way together, whatever else the machine does.
  server.faults.holdCommits(1_000);
  const first = foreign.appendToStream(stream, jsonEvent({ ...event }), { expectedRevision: 'no_stream' });
  await until(() => server.faults.uncommitted() > 0);
  const second = await (await open(20_000)).append(stream, [event], 'no-stream');
  await first;
  expect(second).toMatchObject({ revision: 0, repeated: true });
  expect(await store.read(stream)).toHaveLength(1);
  await foreign.dispose();
});

it('waits for a server that comes back, and says that nothing was written when it does not', async () => {
  await server.stop();
  // The first may still go out on the old connection.
  await untilItWorks(() => expect(store.append('cart-1', testEvents(1), 'no-stream')).rejects.toThrow(LogUnavailable));
  await expect(store.read('cart-1')).rejects.toThrow(LogUnavailable);
  const patient = `cart-${newId()}`;
  await server.start();
  await untilItWorks(() => store.append(patient, testEvents(1), 'no-stream'));
  expect(await store.read(patient)).toHaveLength(1);
});

it('resumes a subscription that was dropped, a connection that was cut and a server that was away without gap or repeat', async () => {
  const tail = createTail({ store, logger });
  const heard: StoredEvent[] = [];
  tail.onEvents((events) => heard.push(...events));
  await tail.ready;
  const writing = await open();
  const written: string[] = [];
  const faults = [
    () => expect(server.faults.dropSubscriptions()).toBeGreaterThan(0),
    () => server.faults.cutConnections(),
    async () => {
      await server.stop();
      await server.start();
    },
  ];
  for (const fault of [...faults, ...faults]) {
    await fault();
    for (let n = 0; n < 20; n += 1) {
      const stream = `cart-${newId()}`;
      const events = testEvents(1);
      written.push((await untilItWorks(() => writing.append(stream, events, 'no-stream'))).position);
    }
    expect(await tail.waitFor(written.at(-1) as StoredEvent['position'], { timeoutMs: 30_000 })).toBe(true);
  }
  expect(heard.map(({ position }) => position)).toEqual(written);
  await tail.close();
}, 120_000);

it('ends every call in its time while the server stands still, and lets nobody hear that nothing is missing', async () => {
  const { messages, stop } = listen(store);
  await messages.next();
  server.faults.freeze();
  await expect(store.append(`cart-${newId()}`, testEvents(1), 'no-stream')).rejects.toThrow(
    /unknown|did not answer|nothing was written/,
  );
  await expect(store.read('cart-1')).rejects.toThrow(LogUnavailable);
  await expect(store.head()).rejects.toThrow(LogUnavailable);
  // What it says from now on is that it cannot tell.
  await expect(
    (async () => {
      for (;;) await messages.next();
    })(),
  ).rejects.toThrow(LogUnavailable);
  const late = listen(store);
  await expect(late.messages.next()).rejects.toThrow(LogUnavailable);
  server.faults.unfreeze();
  await untilItWorks(() => store.head());
  late.stop();
  stop();
});

it('hands nothing to the client that the client would never settle', async () => {
  const data = undefined as unknown as JsonObject;
  await expect(store.append('cart-1', [{ ...testEvent(), data }], 'no-stream')).rejects.toThrow(InvalidAppend);
  await expect(store.append('cart-1', [], 'no-stream')).rejects.toThrow(InvalidAppend);
  expect(await store.read('cart-1', { limit: 0 })).toEqual([]);
});

it('neither shows nor takes events of the server, nor its own', async () => {
  const foreign = EventStoreDBClient.connectionString(server.url);
  await store.append('cart-1', testEvents(1), 'no-stream');
  for (const stream of ['$stats', 'cart-2']) {
    await foreign.appendToStream(stream, jsonEvent({ type: '$stats', data: { n: 1 } }));
  }
  const { position } = await store.append('cart-3', testEvents(1), 'no-stream');
  await foreign.appendToStream('$stats', jsonEvent({ type: '$stats', data: { n: 2 } }));
  const { events, next } = await store.readAll({ after: null });
  expect(events.map(({ stream }) => stream)).toEqual(['cart-1', 'cart-3']);
  expect([next, await store.head()]).toEqual([position, position]);
  for (const [stream, type] of [
    ['$stats', 'Noted'],
    ['cart-4', '$stats'],
    ['souk.log.identity', 'Noted'],
  ] as const) {
    await expect(store.append(stream, [testEvent({}, type)], 'no-stream')).rejects.toThrow(InvalidAppend);
  }
  expect(await store.read('souk.log.identity')).toEqual([]);
  await foreign.dispose();
});

it('hears what follows an event of another writer that is nested too deep to be made text of', async () => {
  const { messages, stop } = listen(store);
  await messages.next();
  const client = openClient(server.url);
  const appends = appendsOver(await openAppendCall(client, 2_000));
  const dataText = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const deep = { id: newId(), type: 'Noted', dataText, metadataText: '{}' };
  await appends.send({ stream: 'cart-1', events: [deep], revision: -1 }, 2_000);
  const { position } = await store.append('cart-2', testEvents(1), 'no-stream');
  const heard: string[] = [];
  while (!heard.includes(position)) {
    const { value } = await messages.next();
    if (value.kind === 'events') heard.push(...value.events.map((event: StoredEvent) => event.position));
  }
  expect(heard).toHaveLength(2);
  appends.close();
  await closeClient(client);
  stop();
});

it('neither writes nor follows when its log is declared restored', async () => {
  const { messages, stop } = listen(store);
  await messages.next();
  const before = await store.identity();
  expect(await declareRestored({ url: server.url, logger })).toEqual({ ...before, epoch: before.epoch + 1 });
  await expect(
    (async () => {
      for (;;) await messages.next();
    })(),
  ).rejects.toThrow(CheckpointMismatch);
  await expect(store.head()).rejects.toThrow(CheckpointMismatch);
  server.faults.cutConnections();
  await untilItWorks(() =>
    expect(store.append('cart-1', testEvents(1), 'no-stream')).rejects.toThrow(/start the process anew/),
  );
  expect(await (await open()).identity()).toEqual({ ...before, epoch: before.epoch + 1 });
  stop();
}, 60_000);

it('says which right the account lacks', async () => {
  server.faults.denyAccess('appends');
  await expect(store.append('cart-1', testEvents(1), 'no-stream')).rejects.toThrow(/refuses this account to write/);
  server.faults.denyAccess('all');
  await expect(store.read('cart-1')).rejects.toThrow(/refuses this account to read/);
});

it('appends also while its clock is far off the server clock', async () => {
  server.faults.clockOffset(60_000);
  await expect(store.append('cart-1', testEvents(1), 'no-stream')).resolves.toMatchObject({ revision: 0 });
});

it('shares nothing with the log on another server: one that dies takes no append of the other along', async () => {
  const second = await startEventStoreDbDouble();
  const elsewhere = await createEventStoreDbStore({ url: second.url, logger });
  await elsewhere.append('cart-1', testEvents(1), 'no-stream');
  const appends = Array.from({ length: 64 }, (_, n) => elsewhere.append(`cart-a${n}`, testEvents(1), 'no-stream'));
  await Promise.all([server.stop(), ...appends]);
  await elsewhere.close();
  await second.close();
});

function listen(to: EventStore) {
  const stopping = new AbortController();
  const messages: AsyncIterator<SubscriptionMessage> = to
    .subscribe({ after: null, signal: stopping.signal })
    [Symbol.asyncIterator]();
  return { messages, stop: () => stopping.abort() };
}
