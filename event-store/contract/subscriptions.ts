/** Rules of subscriptions: every event once, in order, from any place, however the reader and the writers go. */
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { CheckpointMismatch, type EventStore, type Position, type StoredEvent } from '../port.ts';
import { testEvents } from '../testing-events.ts';
import type { Subject } from './subject.ts';

export function subscriptionContract(subject: () => Subject): void {
  it('goes from history to live without gap or repeat while others write', async () => {
    const { store, reopen } = subject();
    const other = await reopen();
    const prefix = `cart-${newId()}`;
    const start = await store.head();
    const total = 600;
    try {
      const before = await writeMany([store, other], `${prefix}-a`, total / 2);
      const readers = [store, other, store].map((one) => collect(one, start, (events) => events.length >= total));
      const during = await writeMany([other, store], `${prefix}-b`, total / 2);
      for (const events of await Promise.all(readers)) expect(positions(events)).toEqual([...before, ...during].sort());
    } finally {
      await other.close();
    }
  });

  it('says when it has caught up, with a place to go on from', async () => {
    const { store } = subject();
    await store.append(`cart-${newId()}`, testEvents(2), 'no-stream');
    const head = await store.head();
    const place = await caughtUp(store, null);
    expect(place).toBe(head);
    expect(await caughtUp(store, place)).toBe(head);
  });

  it('says again that it has caught up while nothing happens', async () => {
    const { store } = subject();
    const stop = new AbortController();
    let marks = 0;
    for await (const message of store.subscribe({ after: await store.head(), signal: stop.signal })) {
      if (message.kind === 'caught-up') marks += 1;
      if (marks === 3) stop.abort();
    }
    expect(marks).toBe(3);
  });

  it('lets a slow reader take its time, and gives it everything', async () => {
    const { store } = subject();
    const start = await store.head();
    const stop = new AbortController();
    const seen: StoredEvent[] = [];
    const written: string[] = [];
    for await (const message of store.subscribe({ after: start, signal: stop.signal })) {
      if (message.kind === 'events') seen.push(...message.events);
      else if (written.length === 0) written.push(...(await writeMany([store], `cart-${newId()}`, 1_500)));
      if (written.length > 0 && seen.length >= written.length) stop.abort();
    }
    expect(positions(seen)).toEqual(written.sort());
  });

  it('sees what another process wrote', async () => {
    const { store, reopen } = subject();
    const start = await store.head();
    const arrived = collect(store, start, (events) => events.length >= 1);
    const other = await reopen();
    try {
      const { position } = await other.append(`cart-${newId()}`, testEvents(1), 'no-stream');
      expect(positions(await arrived)).toEqual([position]);
    } finally {
      await other.close();
    }
  });

  it('ends when its signal does, also while it waits', async () => {
    const { store } = subject();
    const stop = new AbortController();
    const messages = store.subscribe({ after: await store.head(), signal: stop.signal })[Symbol.asyncIterator]();
    await messages.next();
    const waiting = messages.next();
    stop.abort();
    expect((await waiting).done).toBe(true);
  });

  it('refuses a place behind the end of the log', async () => {
    const { store } = subject();
    const head = (await store.append(`cart-${newId()}`, testEvents(1), 'no-stream')).position;
    const ahead = head.replace(/^./, '9') as Position;
    const messages = store.subscribe({ after: ahead, signal: new AbortController().signal });
    await expect(messages[Symbol.asyncIterator]().next()).rejects.toThrow(CheckpointMismatch);
  });
}

/** Appends `count` events one by one to many streams at once, in turn through the stores; gives back their positions. */
async function writeMany(stores: readonly EventStore[], prefix: string, count: number): Promise<string[]> {
  const results = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const store = stores[n % stores.length] as EventStore;
      return store.append(`${prefix}-${n}`, testEvents(1), 'no-stream');
    }),
  );
  return results.map((result) => result.position);
}

async function collect(store: EventStore, after: Position | null, enough: (events: readonly StoredEvent[]) => boolean) {
  const stop = new AbortController();
  const events: StoredEvent[] = [];
  for await (const message of store.subscribe({ after, signal: stop.signal })) {
    if (message.kind === 'events') events.push(...message.events);
    if (enough(events)) stop.abort();
  }
  return events;
}

async function caughtUp(store: EventStore, after: Position | null): Promise<Position | null> {
  const stop = new AbortController();
  let place = after;
  for await (const message of store.subscribe({ after, signal: stop.signal })) {
    if (message.kind !== 'caught-up') continue;
    place = message.position;
    stop.abort();
  }
  return place;
}

function positions(events: readonly StoredEvent[]): readonly string[] {
  return events.map((event) => event.position);
}
