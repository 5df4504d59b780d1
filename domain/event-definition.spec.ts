/** How events are declared, and how those written long ago are read. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { decodeBy, defineEvents, UndecodableEvent } from './event-definition.ts';

/** Twice renamed: `price` became `amount`, then came to be in minor units. */
const definitions = defineEvents({
  Priced: {
    version: 3,
    schema: z.strictObject({ amount: z.number().int() }),
    upcasts: {
      1: ({ price, ...others }) => ({ ...others, amount: price }),
      2: ({ amount }) => ({ amount: Math.round(Number(amount) * 100) }),
    },
  },
});
const decode = (version: number, data: unknown) => decodeBy(definitions, { type: 'Priced', version, data });

describe('a stored event', () => {
  it('is read as it is at today’s version', () =>
    expect(decode(3, { amount: 5 })).toEqual({ type: 'Priced', data: { amount: 5 } }));
  it('is lifted by one version', () => expect(decode(2, { amount: 0.05 }).data).toEqual({ amount: 5 }));
  it('is lifted through every version in turn', () => expect(decode(1, { price: 0.05 }).data).toEqual({ amount: 5 }));
  it('is refused where it does not fit after the lift', () =>
    expect(() => decode(1, { cost: 0.05 })).toThrow(UndecodableEvent));
  it('is refused with a field nobody declared', () => expect(() => decode(3, { amount: 5, more: 1 })).toThrow('more'));
  it('is refused from a newer Souk', () => expect(() => decode(4, { amount: 5 })).toThrow('newer Souk'));
  it('is refused from before the first version', () =>
    expect(() => decode(0, { amount: 5 })).toThrow(UndecodableEvent));
  it.each(['Unknown', 'toString', '__proto__'])('is refused where its type is %s', (type) =>
    expect(() => decodeBy(definitions, { type, version: 1, data: {} })).toThrow('unknown type'),
  );
});

describe('declaring events', () => {
  it('needs an upcast from every older version', () =>
    expect(() =>
      defineEvents({ Gone: { version: 3, schema: z.strictObject({}), upcasts: { 1: (data) => data } } }),
    ).toThrow('no upcast from 2'));
});
