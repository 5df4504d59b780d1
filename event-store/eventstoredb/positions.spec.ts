/** Positions compare as text exactly as the engine orders them, and come back as they were. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberOf } from '../postgres/positions.ts';
import { formatToken, parseToken } from '../token.ts';
import { placeOf, positionOf } from './positions.ts';

const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const place = fc.record({ commit: offset, prepare: offset });

it('come back as they were, and order as text like the engine does', () => {
  fc.assert(
    fc.property(place, place, (one, other) => {
      expect(placeOf(positionOf(one))).toEqual(one);
      const before = one.commit < other.commit || (one.commit === other.commit && one.prepare < other.prepare);
      expect(positionOf(one) < positionOf(other)).toBe(before);
    }),
  );
});

it('fit into the token that clients send back', () => {
  const identity = { logId: '0191c0de-0000-7000-8000-000000000000', epoch: 3 };
  const position = positionOf({ commit: 733n, prepare: 733n });
  expect(parseToken(identity, formatToken(identity, position))).toEqual({ kind: 'position', position });
});

it('are not taken for those of another engine', () => {
  const ours = positionOf({ commit: 1n, prepare: 1n });
  expect(() => numberOf(ours)).toThrow(/no position of a log on Postgres/);
  expect(() => placeOf('0000000000000001' as typeof ours)).toThrow(/no position of a log on EventStoreDB/);
});
