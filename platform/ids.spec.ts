/** Ids are UUIDs of their version, in the order in which they were made, and never twice. */
import { expect, it } from '@jest/globals';
import { validate, version } from 'uuid';
import { derivedId, nameId, newId, timeOf } from './ids.ts';

it('makes ids of version 7, each once and in order, also many within one millisecond', () => {
  const before = Date.now();
  const ids = Array.from({ length: 20_000 }, newId);
  expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.toSorted()).toEqual(ids);
  expect(timeOf(ids[0] ?? '')).toBeGreaterThanOrEqual(before);
  expect(timeOf(ids.at(-1) ?? '')).toBeLessThanOrEqual(Date.now());
});

it('leaves enough to chance that no two processes make the same id', () => {
  const tails = Array.from({ length: 10_000 }, () => newId().slice(-11));
  expect(new Set(tails).size).toBe(tails.length);
});

it('derives the same id from the same time and parts, and another from others', () => {
  const at = '2026-03-01T10:00:00.000Z';
  const id = derivedId(at, 'order', '1');
  expect(version(id)).toBe(7);
  expect(timeOf(id)).toBe(Date.parse(at));
  expect(derivedId(new Date(at), 'order', '1')).toBe(id);
  expect(
    new Set([id, derivedId(at, 'order1'), derivedId(at, 'order', '2'), derivedId(at, 'order', '', '1')]).size,
  ).toBe(4);
});

it('names by version 5, and tells the parts apart', () => {
  expect(version(nameId('a', 'b'))).toBe(5);
  expect(nameId('a', 'b')).toBe(nameId('a', 'b'));
  expect(nameId('ab')).not.toBe(nameId('a', 'b'));
});
