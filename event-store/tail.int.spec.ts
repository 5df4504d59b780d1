/** The tail hears every event in order, and lets others wait for a position. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId } from '../platform/ids.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../platform/testing/test-database.ts';
import type { EventStore, Position, StoredEvent } from './port.ts';
import { createPostgresEventStore } from './postgres/store.ts';
import { createTail, type Tail } from './tail.ts';
import { testEvents } from './testing-events.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
let database: TestDatabase;
let store: EventStore;
let tail: Tail;

beforeAll(async () => {
  database = await createTestDatabase();
  store = await createPostgresEventStore({ url: database.url, logger });
  tail = createTail({ store, logger });
  await tail.ready;
});
afterAll(async () => {
  await tail.close();
  await store.close();
  await database.drop();
});

it('has told its listeners of an event before it lets anyone go on who waited for it', async () => {
  const heard: StoredEvent[] = [];
  const stop = tail.onEvents((events) => heard.push(...events));
  const stopFaulty = tail.onEvents(() => {
    throw new Error('a faulty listener');
  });
  for (let n = 0; n < 20; n += 1) {
    const { position } = await store.append(`cart-${newId()}`, testEvents(2), 'no-stream');
    expect(await tail.waitFor(position, { timeoutMs: 30_000 })).toBe(true);
    expect(heard.at(-1)?.position).toBe(position);
  }
  stop();
  stopFaulty();
  const { position } = await store.append(`cart-${newId()}`, testEvents(1), 'no-stream');
  expect(await tail.waitFor(position, { timeoutMs: 30_000 })).toBe(true);
  expect(heard).toHaveLength(40);
  expect(tail.position()).toBe(position);
});

it('gives up waiting when the time or the caller does', async () => {
  const never = '9999999999999999' as Position;
  expect(await tail.waitFor(never, { timeoutMs: 1 })).toBe(false);
  const stop = new AbortController();
  const waiting = tail.waitFor(never, { timeoutMs: 600_000, signal: stop.signal });
  stop.abort();
  expect(await waiting).toBe(false);
});
