/** Shares of the log: all of it, nothing twice, in its order. */
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { createRandom } from '../../platform/testing/random.ts';
import type { Position, StoredText } from '../port.ts';
import { merged, sharesOf } from './shares.ts';

it.each([2, 3, 4, 16])('each name belongs to one of %i shares', (count) => {
  const ids = Array.from({ length: 200 }, () => `order-${newId()}`);
  const names = [...ids, 'categories', 'order-A', 'a', '7\n', 'f\r\n', 'ü', '0', '$stats-127.0.0.1:2113'];
  const taken = sharesOf(count).map((pattern) => names.filter((name) => new RegExp(pattern).test(name)));
  expect(taken.flat().toSorted()).toEqual(names.toSorted());
  // A part for each, near enough to what is even for none to wait for another.
  const fewest = Math.min(...taken.map((mine) => mine.filter((name) => ids.includes(name)).length));
  expect(fewest).toBeGreaterThan(0);
});

it('puts shares together in order, whatever the sizes of their pages and whoever is slow', async () => {
  const random = createRandom(7).next;
  for (let round = 0; round < 20; round += 1) {
    const all = Array.from({ length: 300 }, (_, n) => ({ position: String(n).padStart(6, '0') as Position }));
    const pages: StoredText[][][] = [[], [], []];
    for (const event of all) {
      const share = pages[Math.floor(random() ** 2 * 3)] ?? [];
      const last = share.at(-1);
      if (last && random() < 0.8) last.push(event as StoredText);
      else share.push([event as StoredText]);
    }
    async function* told(share: readonly StoredText[][]) {
      for (const page of share) {
        if (random() < 0.3) await new Promise((later) => setImmediate(later));
        yield page;
      }
    }
    const found: unknown[] = [];
    for await (const page of merged(pages.map(told))) found.push(...page);
    expect(found).toEqual(all);
  }
});

it('looks no further ahead than one page of each, and fails as one of them does', async () => {
  let taken = 0;
  async function* ahead() {
    for (let n = 0; ; n += 1) {
      taken += 1;
      yield [{ position: `a${String(n).padStart(3, '0')}` as Position } as StoredText];
    }
  }
  async function* behind() {
    yield [{ position: 'a000x' as Position } as StoredText, { position: 'a002x' as Position } as StoredText];
    throw new Error('gone');
  }
  const found: string[] = [];
  const reading = async () => {
    for await (const page of merged([ahead(), behind()])) found.push(...page.map(({ position }) => position));
  };
  await expect(reading()).rejects.toThrow('gone');
  expect(found).toEqual(['a000', 'a000x', 'a001', 'a002', 'a002x']);
  expect(taken).toBe(4);
});
