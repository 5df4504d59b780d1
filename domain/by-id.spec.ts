/** The map from ids behaves like any other map, and never changes one that was handed out. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ById, entriesOf, entryOf, filterEntries, withEntry, withoutEntry } from './by-id.ts';
import { id } from './testing/samples.ts';

const steps = fc.array(
  fc.record({ orderId: fc.integer({ min: 0, max: 40 }).map((n) => id(n * 37)), value: fc.option(fc.integer()) }),
  { maxLength: 100 },
);

describe('a map by id', () => {
  it('holds what was set last and not taken away since', () => {
    fc.assert(
      fc.property(steps, (plan) => {
        let map: ById<number> = {};
        const model = new Map<string, number>();
        for (const { orderId, value } of plan) {
          const before = JSON.stringify(map);
          const next = value === null ? withoutEntry(map, orderId) : withEntry(map, orderId, value);
          expect(JSON.stringify(map)).toBe(before);
          map = next;
          if (value === null) model.delete(orderId);
          else model.set(orderId, value);
        }
        expect(new Map(entriesOf(map))).toEqual(model);
        for (const { orderId } of plan) expect(entryOf(map, orderId)).toBe(model.get(orderId));
        const even = new Map([...model].filter(([, value]) => value % 2 === 0));
        expect(new Map(entriesOf(filterEntries(map, (value) => value % 2 === 0)))).toEqual(even);
      }),
    );
  });

  it('is empty again when all is taken away', () => {
    const map = withEntry(withEntry({}, id(1), 1), id(2), 2);
    expect(withoutEntry(withoutEntry(map, id(1)), id(2))).toEqual({});
  });
});
