/** Rules of appending: exact revisions, all or nothing, refusals that name what is wrong. */
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { AppendTooLarge, InvalidAppend, MAX_APPEND_BYTES, WrongExpectedRevision } from '../port.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import type { Subject } from './subject.ts';

export function appendContract(subject: () => Subject): void {
  it('gives back the revision and position of the last event', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const first = await store.append(stream, testEvents(3), 'no-stream');
    expect(first).toMatchObject({ revision: 2, repeated: false });
    const second = await store.append(stream, testEvents(1), 2);
    expect(second).toMatchObject({ revision: 3, repeated: false });
    expect(second.position > first.position).toBe(true);
    expect((await store.read(stream)).at(-1)?.position).toBe(second.position);
  });

  it('refuses a writer that decided on an older revision, and says which the stream is at', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    await store.append(stream, testEvents(2), 'no-stream');
    const stale = store.append(stream, testEvents(1), 0);
    await expect(stale).rejects.toThrow(WrongExpectedRevision);
    await expect(stale).rejects.toMatchObject({ stream, expected: 0, actual: 1 });
    expect(await store.read(stream)).toHaveLength(2);
  });

  it('refuses a revision the stream has not reached, and makes no stream of it', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    await expect(store.append(stream, testEvents(1), 4)).rejects.toMatchObject({ actual: -1 });
    expect(await store.read(stream)).toEqual([]);
    await expect(store.append(stream, testEvents(1), 'no-stream')).resolves.toMatchObject({ revision: 0 });
    await expect(store.append(stream, testEvents(1), 1)).rejects.toMatchObject({ actual: 0 });
  });

  it('lets one of many creators of a stream win', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => store.append(stream, testEvents(2), 'no-stream')),
    );
    expect(tries.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    for (const one of tries) if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(WrongExpectedRevision);
    expect(await store.read(stream)).toHaveLength(2);
  });

  it('lets a refusal touch nothing but its own append, in whatever order they are stored', async () => {
    const { store } = subject();
    const taken = Array.from({ length: 10 }, () => `cart-${newId()}`);
    await Promise.all(taken.map((stream) => store.append(stream, testEvents(1), 'no-stream')));
    // Sent together they are stored together: refusals stand first, last and in between.
    for (const order of [taken, [...taken].reverse(), []]) {
      const fresh = Array.from({ length: 10 }, () => `cart-${newId()}`);
      const all = order.length > 0 ? [...order.slice(0, 3), ...fresh, ...order.slice(3)] : [...fresh, ...taken];
      const results = await Promise.allSettled(
        all.map((stream, n) => store.append(stream, testEvents(1 + (n % 3)), 'no-stream')),
      );
      for (const [n, stream] of all.entries()) {
        const events = await store.read(stream);
        const result = results[n];
        if (taken.includes(stream)) {
          expect(result).toMatchObject({ status: 'rejected', reason: { stream, actual: 0 } });
          expect(events).toHaveLength(1);
        } else {
          const { revision, position } = events.at(-1) ?? {};
          expect(result).toMatchObject({ status: 'fulfilled', value: { revision, position, repeated: false } });
          expect(events.map((event) => event.revision)).toEqual(Array.from({ length: 1 + (n % 3) }, (_, r) => r));
        }
      }
    }
  });

  it('appends to the end whatever the revision with any, also when many do', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const results = await Promise.all(Array.from({ length: 30 }, () => store.append(stream, testEvents(1), 'any')));
    expect(results.map((result) => result.revision).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    );
    expect(await store.read(stream)).toHaveLength(30);
  });

  it('refuses an append of no events', async () => {
    await expect(subject().store.append(`cart-${newId()}`, [], 'no-stream')).rejects.toThrow(InvalidAppend);
  });

  it('refuses an event id that is no UUID, and the same id twice in one append', async () => {
    const { store } = subject();
    const event = testEvent();
    await expect(store.append(`cart-${newId()}`, [{ ...event, id: '42' }], 'no-stream')).rejects.toThrow(InvalidAppend);
    await expect(store.append(`cart-${newId()}`, [event, event], 'no-stream')).rejects.toThrow(InvalidAppend);
  });

  it.each([-1, 1.5, Number.NaN])('refuses %p as an expected revision', async (revision) => {
    await expect(subject().store.append(`cart-${newId()}`, testEvents(1), revision)).rejects.toThrow(InvalidAppend);
  });

  it.each(['', 'cart-\n1', 'cart-\u0000', 'cart-\ud800', `cart-${'x'.repeat(300)}`])(
    'refuses %j as a stream',
    async (stream) => {
      await expect(subject().store.append(stream, testEvents(1), 'no-stream')).rejects.toThrow(InvalidAppend);
    },
  );

  it('takes an append up to the limit and refuses one beyond it', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const room = (bytes: number) => [testEvent({ text: 'é'.repeat(bytes / 2) })];
    await expect(store.append(stream, room(MAX_APPEND_BYTES), 'no-stream')).rejects.toThrow(AppendTooLarge);
    expect(await store.read(stream)).toEqual([]);
    await store.append(stream, room(MAX_APPEND_BYTES - 1024), 'no-stream');
    expect(await store.read(stream)).toHaveLength(1);
  });
}
