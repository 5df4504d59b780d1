/** Rules of sealing: after it nothing is added, by nobody, and what was acknowledged is there. */
import { afterEach, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { expectedOf } from '../exact-revision.ts';
import { type EventStore, LogSealed, type StoredEvent } from '../port.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import type { Subject } from './subject.ts';

/** An engine, or an account of it, that cannot forbid appends says so, and then does not. */
export function sealingContract(subject: () => Subject): void {
  afterEach(() => subject().store.unseal());

  it('refuses every append while it is sealed, and leaves no trace of it', async () => {
    const { store } = subject();
    const [known, created] = [`cart-${newId()}`, `cart-${newId()}`];
    await store.append(known, testEvents(2), 'no-stream');
    if ((await store.seal()) === 'cannot') {
      await store.append(known, testEvents(1), 1);
      return;
    }
    const head = await store.head();
    await expect(store.append(known, testEvents(1), 1)).rejects.toThrow(LogSealed);
    await expect(store.append(known, testEvents(1), 'any')).rejects.toThrow(LogSealed);
    await expect(store.append(created, testEvents(2), 'no-stream')).rejects.toThrow(LogSealed);
    expect(await store.head()).toEqual(head);
    expect(await store.read(created)).toEqual([]);
    await store.unseal();
    expect(await store.append(known, testEvents(1), 1)).toMatchObject({ revision: 2, repeated: false });
    expect(await store.append(created, testEvents(1), 'no-stream')).toMatchObject({ revision: 0 });
  });

  it('holds for every process, also one that opens the log later, and when it is repeated', async () => {
    const { store, reopen } = subject();
    if ((await store.seal()) === 'cannot') return;
    expect(await store.seal()).toBe('sealed');
    const other = await reopen();
    try {
      await expect(other.append(`cart-${newId()}`, testEvents(1), 'no-stream')).rejects.toThrow(LogSealed);
      await other.unseal();
      await store.append(`cart-${newId()}`, testEvents(1), 'no-stream');
    } finally {
      await other.close();
    }
  });

  it('either keeps or refuses each append that races it, and keeps none after it', async () => {
    const { store, reopen } = subject();
    const other = await reopen();
    const before = await store.head();
    const acknowledged: string[] = [];
    const refused: string[] = [];
    const state = { stopped: false };
    const appending = Array.from({ length: 24 }, async (_, n) => {
      const by = n % 2 === 0 ? store : other;
      // Some go on with a stream, some make a new one each time: both kinds must be taken back.
      for (let stream = `cart-${newId()}`, revision = -1; !state.stopped; ) {
        const event = testEvent();
        try {
          ({ revision } = await by.append(stream, [event], expectedOf(revision)));
          acknowledged.push(event.id);
        } catch (error) {
          if (!(error instanceof LogSealed)) throw error;
          refused.push(event.id);
          return;
        }
        if (n % 3 === 0) [stream, revision] = [`cart-${newId()}`, -1];
        // An engine that answers without waiting for anything would let nobody else have a turn, and never be sealed.
        await turn();
      }
    });
    const all = Promise.all(appending);
    // Told where it is waited for; until then it must not count as one that nobody heard of.
    all.catch(() => undefined);
    while (acknowledged.length < 100) await turn();
    const sealed = await store.seal();
    // Where it could not be sealed the log goes on, and reading it would not come to an end.
    const events = sealed === 'cannot' ? [] : await eventsAfter(store, before);
    while (sealed === 'sealed' && refused.length === 0) await turn();
    state.stopped = true;
    await all;
    await other.close();
    if (sealed === 'cannot') return;
    expect(await eventsAfter(store, before)).toEqual(events);
    expect(new Set(events.map(({ id }) => id))).toEqual(new Set(acknowledged));
  });

  it('answers the repeat of an append that was written before', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const events = testEvents(2);
    const first = await store.append(stream, events, 'no-stream');
    if ((await store.seal()) === 'cannot') return;
    expect(await store.append(stream, events, 'no-stream')).toEqual({ ...first, repeated: true });
  });
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function eventsAfter(store: EventStore, after: StoredEvent['position'] | null): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let page = await store.readAll({ after }); ; page = await store.readAll({ after: page.next })) {
    events.push(...page.events);
    if (page.end) return events;
  }
}
