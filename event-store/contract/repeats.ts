/** Rules of repeating an append: the same ids at the same place are one append, and nothing else is. */
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { type NewEvent, WrongExpectedRevision } from '../port.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import type { Subject } from './subject.ts';

export function repeatContract(subject: () => Subject): void {
  it('answers a repeat with the first result and writes nothing', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const events = testEvents(3);
    const first = await store.append(stream, events, 'no-stream');
    expect(await store.append(stream, events, 'no-stream')).toEqual({ ...first, repeated: true });
    expect(await store.read(stream)).toHaveLength(3);
  });

  it('answers a repeat with the first result after later events', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    await store.append(stream, testEvents(2), 'no-stream');
    const events = testEvents(2);
    const first = await store.append(stream, events, 1);
    await store.append(stream, testEvents(5), 3);
    expect(await store.append(stream, events, 1)).toEqual({ ...first, repeated: true });
    expect(await store.read(stream)).toHaveLength(9);
  });

  it('knows a repeat by its ids whatever their case', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const event = testEvent();
    await store.append(stream, [event], 'no-stream');
    const repeat = await store.append(stream, [{ ...event, id: event.id.toUpperCase() }], 'no-stream');
    expect(repeat.repeated).toBe(true);
  });

  it('refuses a repeat that is only partly the same, at its end, its start or in length', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const [a, b, c] = testEvents(3) as [NewEvent, NewEvent, NewEvent];
    await store.append(stream, [a, b], 'no-stream');
    for (const other of [[a, c], [c, b], [a, b, c], [b, a], [b]]) {
      await expect(store.append(stream, other, 'no-stream')).rejects.toThrow(WrongExpectedRevision);
    }
    expect((await store.read(stream)).map((event) => event.id)).toEqual([a.id, b.id]);
  });

  it('takes the beginning of an earlier append for a repeat of its own', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const [a, b] = testEvents(2) as [NewEvent, NewEvent];
    await store.append(stream, [a, b], 'no-stream');
    expect(await store.append(stream, [a], 'no-stream')).toMatchObject({ revision: 0, repeated: true });
  });

  it('does not take the same ids in another place for a repeat', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const events = testEvents(1);
    await store.append(stream, events, 'no-stream');
    await store.append(stream, testEvents(2), 0);
    await expect(store.append(stream, events, 1)).rejects.toThrow(WrongExpectedRevision);
    await expect(store.append(`cart-${newId()}`, events, 'no-stream')).resolves.toMatchObject({ repeated: false });
  });

  it('never refuses a repeat that races its first attempt, from the same process or another', async () => {
    const { store, reopen } = subject();
    const other = await reopen();
    try {
      for (let round = 0; round < 30; round += 1) {
        const stream = `cart-${newId()}`;
        const events = testEvents(2);
        const attempts = [store, other, store, other].map((one) => one.append(stream, events, 'no-stream'));
        const results = await Promise.all(attempts);
        expect(results.filter((result) => !result.repeated)).toHaveLength(1);
        expect(new Set(results.map((result) => result.position)).size).toBe(1);
        const next = testEvents(1);
        const again = await Promise.all([other, store, other].map((one) => one.append(stream, next, 1)));
        expect(again.filter((result) => !result.repeated)).toHaveLength(1);
        expect(await store.read(stream)).toHaveLength(3);
      }
    } finally {
      await other.close();
    }
  });
}
