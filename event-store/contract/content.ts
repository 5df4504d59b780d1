/** Rules of content: what comes back is what was given, and what could not come back is refused. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { newId } from '../../platform/ids.ts';
import { InvalidAppend, type JsonObject } from '../port.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import type { Subject } from './subject.ts';

export function contentContract(subject: () => Subject): void {
  const roundTrip = async (data: JsonObject) => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    const event = testEvent(data);
    const { position } = await store.append(stream, [event], 'no-stream');
    const [stored] = await store.read(stream);
    expect(stored).toEqual({ ...event, stream, revision: 0, position });
    expect(JSON.stringify(stored?.data)).toBe(JSON.stringify(data));
    expect(JSON.stringify(stored?.metadata)).toBe(JSON.stringify(event.metadata));
  };

  it('keeps the order of keys, numbers as they are, and every character', async () => {
    await roundTrip({ z: 1, a: { y: [1, 2.5, 1e300, 0.1], b: null }, m: true, '': 'empty key' });
    await roundTrip({ text: 'it\'s "quoted" \\ \\u0000 \n\r\t\u0001\u001e\u2028 日本語 😀 \u{1F3F4}‍☠️ é' });
  });

  it('keeps any plain JSON', async () => {
    const wellFormed = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\u0000'));
    const key = wellFormed.filter((text) => text !== '__proto__');
    const values = fc.oneof(wellFormed, fc.integer(), fc.boolean(), fc.constant(null));
    const data = fc.dictionary(key, fc.oneof(values, fc.array(values), fc.dictionary(key, values)));
    await fc.assert(
      fc.asyncProperty(data, async (value) => roundTrip({ ...value })),
      { numRuns: 50 },
    );
  });

  it.each([
    ['NUL', { text: 'a\u0000b' }],
    ['NUL in a key', { 'a\u0000': 1 }],
    ['a lone high surrogate', { text: 'a\ud83d' }],
    ['a lone low surrogate', { list: ['\ude00a'] }],
    ['a Date', { at: new Date(0) }],
    ['NaN', { price: Number.NaN }],
    ['minus zero', { price: -0 }],
    ['a bigint', { price: 1n }],
    ['a Map', { map: new Map() }],
    ['undefined in a list', { list: [undefined] }],
  ])('refuses %s before anything is sent, and only that append', async (_, data) => {
    const { store } = subject();
    const good = store.append(`cart-${newId()}`, testEvents(1), 'no-stream');
    await expect(store.append(`cart-${newId()}`, [testEvent(data)], 'no-stream')).rejects.toThrow(InvalidAppend);
    await expect(good).resolves.toMatchObject({ revision: 0 });
  });

  it('drops properties that are undefined, for live readers too', async () => {
    const { store } = subject();
    const stream = `cart-${newId()}`;
    await store.append(stream, [testEvent({ a: 1, b: undefined })], 'no-stream');
    expect(Object.keys((await store.read(stream))[0]?.data ?? {})).toEqual(['a']);
  });
}
