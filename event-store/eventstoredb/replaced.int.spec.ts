/** What the log on EventStoreDB does when the server comes back with another log, or with an older copy of this one. */
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { pause } from '../../platform/process/pause.ts';
import { untilItWorks } from '../../platform/testing/until.ts';
import { CheckpointMismatch, type EventStore, LogUnavailable, type StoredEvent } from '../port.ts';
import { type EventStoreDbDouble, startEventStoreDbDouble } from '../testing/eventstoredb/double.ts';
import { testEvents } from '../testing-events.ts';
import { createEventStoreDbStore } from './store.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

let server: EventStoreDbDouble;
let store: EventStore;
let stopping: AbortController;

beforeEach(async () => {
  stopping = new AbortController();
  server = await startEventStoreDbDouble();
  store = await createEventStoreDbStore({ url: server.url, logger, answerTimeoutMs: 2_000 });
});
afterEach(async () => {
  stopping.abort();
  await store.close();
  await server.close();
});

/** The server goes, and comes back with what `write` leaves in an empty log. */
async function replace(write: (client: EventStoreDBClient) => Promise<void>): Promise<void> {
  const { port } = server;
  await server.close();
  server = await startEventStoreDbDouble({ port });
  const client = EventStoreDBClient.connectionString(server.url);
  // It shares its connection with the store, to which the old server has just been lost.
  await untilItWorks(() => client.getStreamMetadata('cart-1'));
  await write(client);
  await client.dispose();
}

/** What the log began with, as a backup of that time holds it. */
async function older(client: EventStoreDBClient, events: readonly StoredEvent[]): Promise<void> {
  const { logId } = await store.identity();
  await client.appendToStream('souk.log.identity', jsonEvent({ type: 'LogCreated', data: { logId } }));
  for (const { id, type, stream, data, metadata } of events) {
    await client.appendToStream(stream, jsonEvent({ id, type, data, metadata }));
  }
}

/** Follows it, again and again, until it is told that it is another. */
async function told(signal: AbortSignal): Promise<CheckpointMismatch | undefined> {
  while (!signal.aborted) {
    try {
      for await (const message of store.subscribe({ after: null, signal })) if (message.kind === 'events') continue;
    } catch (error) {
      if (error instanceof CheckpointMismatch) return error;
    }
    await pause(20, signal);
  }
  return undefined;
}

type Write = (client: EventStoreDBClient, backup: readonly StoredEvent[]) => Promise<void>;

describe.each<[string, Write]>([
  [
    'another log',
    async (client) => {
      await client.appendToStream('cart-1', jsonEvent({ type: 'Noted', data: {} }));
    },
  ],
  ['an older copy', older],
  [
    'an older copy that went on otherwise',
    async (client, backup) => {
      await older(client, backup);
      for (let n = 0; n < 50; n += 1) {
        await client.appendToStream(`product-${n}`, jsonEvent({ type: 'ProductListed', data: {} }));
      }
    },
  ],
])('a server that comes back with %s', (_, write) => {
  it('is served nothing from, written nothing to, and told', async () => {
    const stream = `cart-${newId()}`;
    await store.append(stream, testEvents(2), 'no-stream');
    const backup = await store.read(stream);
    await store.append(stream, testEvents(3), 1);
    const following = told(stopping.signal);

    await replace((client) => write(client, backup));
    await expect(store.append(`cart-${newId()}`, testEvents(1), 'no-stream')).rejects.toThrow(/start the process anew/);
    await expect(store.read(stream)).rejects.toThrow(LogUnavailable);
    await expect(store.readAll({ after: null })).rejects.toThrow(LogUnavailable);
    expect(await following).toBeInstanceOf(CheckpointMismatch);
    await expect(store.head()).rejects.toThrow(CheckpointMismatch);
    await expect(store.read(stream)).rejects.toThrow(/start the process anew/);
    await expect(store.append(stream, testEvents(1), 4)).rejects.toThrow(LogUnavailable);
  });
});

it('waits for a log that comes back a moment short of what was seen in it, as while a new leader is chosen', async () => {
  const identity = jsonEvent({ id: newId(), type: 'LogCreated', data: { logId: newId() } });
  const events = Array.from({ length: 4 }, () => jsonEvent({ id: newId(), type: 'Noted', data: {} }));
  const add = async (client: EventStoreDBClient, from: number, to: number) => {
    if (from === 0) await client.appendToStream('souk.log.identity', identity);
    for (const event of events.slice(from, to)) await client.appendToStream('cart-1', event);
  };
  await store.close();
  await replace((client) => add(client, 0, 4));
  store = await createEventStoreDbStore({ url: server.url, logger, answerTimeoutMs: 2_000 });
  const messages = store.subscribe({ after: null, signal: stopping.signal })[Symbol.asyncIterator]();
  await messages.next();

  const { port } = server;
  await server.close();
  // Longer than a log that ends too early is waited for: the time that it was away is none of that.
  await pause(6_000, stopping.signal);
  server = await startEventStoreDbDouble({ port });
  const client = EventStoreDBClient.connectionString(server.url);
  await untilItWorks(() => client.getStreamMetadata('cart-1'));
  await add(client, 0, 2);
  await pause(2_000, stopping.signal);
  await add(client, 2, 4);
  await client.dispose();
  await untilItWorks(() => store.append('cart-2', testEvents(1), 'no-stream'));
  expect(await store.read('cart-1')).toHaveLength(4);
});
