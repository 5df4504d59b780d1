/** What every rule of a server is tried on, and the small things the rules share. */
import { randomUUID } from 'node:crypto';
import {
  type AppendResult,
  type AppendToStreamOptions,
  type EventData,
  EventStoreDBClient,
  type JSONEventData,
  type JSONEventType,
  jsonEvent,
  NO_STREAM,
  type Position,
} from '@eventstore/db-client';
import { expect } from '@jest/globals';
import { itUnless } from '../../../../test/support/describe-unless.ts';
import type { Faults } from '../faults.ts';

export type Subject = {
  readonly url: string;
  /** The only one that appends in batches: the client keeps all of a process's batches in one map. */
  readonly client: EventStoreDBClient;
  readonly faults: Faults | undefined;
  /** Kills the server and starts it again with its log. */
  readonly control: { kill(): Promise<void>; start(): Promise<void> } | undefined;
};

export type Has = { readonly faults: boolean; readonly control: boolean };

/** A case that needs a server under the suite's control; where it has none the case is named in the run's table. */
export function itWith(there: boolean, why: string, name: string, run: () => Promise<void>): void {
  itUnless(there ? undefined : why, name, run);
}

export type TestEvent = JSONEventType<string, Readonly<Record<string, unknown>>>;

export const newEvent = (
  data: Readonly<Record<string, unknown>> = { n: 1 },
  type = 'Tested',
): JSONEventData<TestEvent> => jsonEvent<TestEvent>({ id: randomUUID(), type, data });

export const newEvents = (count: number) => Array.from({ length: count }, () => newEvent());

export const newStream = (prefix = 'double') => `${prefix}-${randomUUID()}`;

export type Append = (stream: string, events: EventData[], options?: AppendToStreamOptions) => Promise<AppendResult>;

/** How the client appends: batched as it does by default, or in a call of its own, as where credentials come along. */
export const WAYS = ['batch', 'classic'] as const;

export function appender(client: EventStoreDBClient, way: (typeof WAYS)[number]): Append {
  const credentials = { username: 'nobody', password: 'nothing' };
  return (stream, events, options) =>
    client.appendToStream(stream, events, { ...options, ...(way === 'classic' ? { credentials } : {}) });
}

/** A reader of its own, disposed of when the work is done. */
export async function withClient<T>(url: string, work: (client: EventStoreDBClient) => Promise<T>): Promise<T> {
  const client = EventStoreDBClient.connectionString(url);
  try {
    return await work(client);
  } finally {
    await client.dispose();
  }
}

/** The place of the last event there is. Read to its end: a client that gives a read up half-way cannot be disposed of. */
export async function headOf(client: EventStoreDBClient): Promise<Position> {
  let head: Position | undefined;
  for await (const { event } of client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 })) {
    head = event?.position;
  }
  if (!head) throw new Error('a server has events of its own from the start');
  return head;
}

export async function revisionsOf(
  client: EventStoreDBClient,
  stream: string,
  options: Parameters<EventStoreDBClient['readStream']>[1] = {},
): Promise<number[]> {
  const revisions: number[] = [];
  for await (const { event } of client.readStream(stream, options)) revisions.push(Number(event?.revision));
  return revisions;
}

/** A stream of `count` events, one append each; gives back the events. */
export async function filled(append: Append, stream: string, count: number) {
  const events = newEvents(count);
  for (const [n, event] of events.entries()) {
    await append(stream, [event], { expectedRevision: n === 0 ? NO_STREAM : BigInt(n - 1) });
  }
  return events;
}

export function expectWrongVersion(append: Promise<unknown>, stream: string, expected: unknown, actual: unknown) {
  const error = {
    type: 'wrong-expected-version',
    streamName: stream,
    expectedVersion: expected,
    actualVersion: actual,
  };
  return expect(append).rejects.toMatchObject(error);
}
