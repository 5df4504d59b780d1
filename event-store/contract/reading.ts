/** Rules of reading a stream and the whole log. */
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { assertCheckpoint, checkpointAt } from '../checkpoint.ts';
import { expectedOf } from '../exact-revision.ts';
import { CheckpointMismatch, type Position, type ReadAllFilter, type StoredEvent } from '../port.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import type { Subject } from './subject.ts';

export function readingContract(subject: () => Subject): void {
  it('reads a stream forwards and backwards, from a revision and up to a limit', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    await store.append(stream, testEvents(5), 'no-stream');
    const revisions = async (range: Parameters<typeof store.read>[1]) =>
      (await store.read(stream, range)).map((event) => event.revision);
    expect(await revisions({})).toEqual([0, 1, 2, 3, 4]);
    expect(await revisions({ from: 3 })).toEqual([3, 4]);
    expect(await revisions({ from: 1, limit: 2 })).toEqual([1, 2]);
    expect(await revisions({ backwards: true })).toEqual([4, 3, 2, 1, 0]);
    expect(await revisions({ backwards: true, limit: 1 })).toEqual([4]);
    expect(await revisions({ backwards: true, from: 2 })).toEqual([2, 1, 0]);
    expect(await revisions({ from: 9 })).toEqual([]);
    expect(await revisions({ limit: 0 })).toEqual([]);
  });

  it('reads a stream longer than one page whole', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    for (let revision = -1; revision < 4499; revision += 900) {
      await store.append(stream, testEvents(900), expectedOf(revision));
    }
    expect((await store.read(stream)).map((event) => event.revision)).toEqual(
      Array.from({ length: 4500 }, (_, n) => n),
    );
    expect((await store.read(stream, { backwards: true })).length).toBe(4500);
  });

  it('reads the whole log in the order of positions, page by page, each event once', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const start = await store.head();
    for (let n = 0; n < 7; n += 1) await store.append(`${stream}-${n}`, testEvents(3), 'no-stream');
    const { events, next } = await readToEnd(subject(), start, undefined, 4);
    const mine = events.filter((event) => event.stream.startsWith(stream));
    expect(mine).toHaveLength(21);
    expect(mine.map((event) => event.position)).toEqual(mine.map((event) => event.position).sort());
    expect(next).toBe(await store.head());
  });

  it('filters by category and by type, and a filter that finds nothing still moves on', async () => {
    const { store } = subject();
    const start = await store.head();
    const category = `c${newId().replaceAll('-', '')}`;
    await store.append(`${category}-1`, [testEvent({}, 'Aaa'), testEvent({}, 'Bbb')], 'no-stream');
    await store.append(`${category}x-1`, [testEvent({}, 'Aaa')], 'no-stream');
    await store.append(`${category}-2-3`, [testEvent({}, 'Aaa')], 'no-stream');
    const found = async (filter: ReadAllFilter) =>
      (await readToEnd(subject(), start, filter)).events.map(
        (event) => `${event.stream.slice(category.length)}:${event.type}`,
      );
    expect(await found({ categories: [category] })).toEqual(['-1:Aaa', '-1:Bbb', '-2-3:Aaa']);
    expect(await found({ types: ['Bbb'] })).toEqual(['-1:Bbb']);
    expect(await found({ categories: [category], types: ['Aaa'] })).toEqual(['-1:Aaa', '-2-3:Aaa']);
    const nothing = await readToEnd(subject(), start, { types: ['Nothing'] });
    expect(nothing.events).toEqual([]);
    expect(nothing.next).toBe(await store.head());
  });

  it('finds the event at a position', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const { position } = await store.append(stream, testEvents(2), 'no-stream');
    expect(await store.eventAt(position)).toEqual((await store.read(stream))[1]);
  });

  it('takes a checkpoint for what it is: of this log, not ahead of it, with the same event', async () => {
    const { store } = subject();
    const event = testEvent();
    const { position } = await store.append(`cart-${newId()}`, [event], 'no-stream');
    const good = checkpointAt(await store.identity(), position, event.id);
    await assertCheckpoint(store, good);
    await assertCheckpoint(store, { ...good, position: null, eventId: null });
    const ahead = position.replace(/^./, '9') as Position;
    for (const wrong of [{ logId: newId() }, { epoch: good.epoch + 1 }, { eventId: newId() }, { position: ahead }]) {
      await expect(assertCheckpoint(store, { ...good, ...wrong })).rejects.toThrow(CheckpointMismatch);
    }
  });

  it('can be closed as soon as it is open', async () => {
    for (let round = 0; round < 5; round += 1) await (await subject().reopen()).close();
  });

  it('has an identity that stays', async () => {
    const { store, reopen } = subject();
    const other = await reopen();
    try {
      expect(await other.identity()).toEqual(await store.identity());
    } finally {
      await other.close();
    }
  });
}

async function readToEnd({ store }: Subject, after: Position | null, filter?: ReadAllFilter, limit?: number) {
  const events: StoredEvent[] = [];
  for (let next = after; ; ) {
    const page = await store.readAll({ after: next, ...(filter && { filter }), ...(limit && { limit }) });
    events.push(...page.events);
    next = page.next;
    if (page.end) return { events, next };
  }
}
