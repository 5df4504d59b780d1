/** Who takes which checkpoints: an even share each, nothing that nobody takes, nothing for which the code is missing. */
import { expect, it } from '@jest/globals';
import { codeOf, divideLeases, type KeeperRow, type LeaseRow } from './leases.ts';

const row = (name: string, lane: number, of: Partial<LeaseRow> = {}): LeaseRow =>
  ({ name, version: 1, generation: 1, state: 'live', lane, lanes: 2, keeper: null, paused: false, ...of }) as LeaseRow;
const pair = (name: string, of: Partial<LeaseRow> = {}) => [row(name, 0, of), row(name, 1, of)];
const keeper = (name: string, runs: readonly LeaseRow[], yields = false): KeeperRow => ({
  keeper: name,
  runs: [...new Set(runs.map(codeOf))],
  yields,
});

/** Everybody looks and acts, one after the other, until nothing changes. */
function settle(rows: LeaseRow[], keepers: readonly KeeperRow[]): (string | null)[] {
  for (let round = 0; round < 10; round += 1) {
    for (const me of keepers) {
      const { release, claim } = divideLeases(me, { keepers, rows }, (each) => each.keeper === me.keeper);
      const change = (wanted: readonly LeaseRow[], to: string | null) => {
        for (const each of wanted) rows.splice(rows.indexOf(each), 1, { ...each, keeper: to });
      };
      change(release, null);
      change(claim, me.keeper);
    }
  }
  return rows.map((each) => each.keeper);
}

const names = ['carts', 'orders', 'payments', 'products', 'users'];
const counts = (held: readonly (string | null)[]) =>
  ['a', 'b', 'c'].map((name) => held.filter((each) => each === name).length);

it('is shared evenly', () => {
  const rows = names.flatMap((name) => pair(name));
  const [a, b, c] = ['a', 'b', 'c'].map((name) => keeper(name, rows)) as [KeeperRow, KeeperRow, KeeperRow];
  expect(counts(settle([...rows], [a]))).toEqual([10, 0, 0]);
  expect(counts(settle([...rows], [a, b]))).toEqual([5, 5, 0]);
  expect(counts(settle([...rows], [a, b, c])).toSorted()).toEqual([2, 4, 4]);
  // One comes, and one is gone.
  const held = rows.map((each, at) => ({ ...each, keeper: at % 2 === 0 ? 'a' : 'dead' }));
  expect(counts(settle(held, [a, c]))).toEqual([5, 0, 5]);
});

it('leaves what another version fills to those who have its code, and all else to the others', () => {
  const [old, fresh] = [pair('orders'), pair('orders', { version: 2, generation: 2, state: 'building' })];
  const keepers = [keeper('a', old), keeper('b', fresh)];
  expect(settle([...old, ...fresh], keepers)).toEqual(['a', 'a', 'b', 'b']);
});

it('gives up what is paused or to be dropped, and never takes what is filled to be compared', () => {
  const rows = [
    ...pair('carts', { keeper: 'a', paused: true }),
    ...pair('orders', { keeper: 'a', state: 'dropping' }),
    ...pair('users', { state: 'scratch' }),
  ];
  expect(settle(rows, [keeper('a', rows)])).toEqual(Array(6).fill(null));
});

it('leaves everything to others who are there where it yields, and what only it can do to itself', () => {
  const rows = names.flatMap((name) => pair(name));
  const own = pair('sales');
  const yielding = keeper('a', [...rows, ...own], true);
  expect(settle([...rows, ...own], [yielding, keeper('b', rows)])).toEqual([...Array(10).fill('b'), 'a', 'a']);
  expect(new Set(settle([...rows, ...own], [yielding]))).toEqual(new Set(['a']));
});
