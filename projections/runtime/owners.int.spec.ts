/** Several processes that keep the rows together: each its share, and none that nobody has. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { until } from '../../platform/testing/until.ts';
import { allDerived, allProjections } from '../all.ts';
import { bustle } from '../testing/bustle.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';

const NAMES = [...allProjections, ...allDerived].map((model) => model.name);
let log: TestLog;

beforeEach(async () => {
  log = await createTestLog();
});
afterEach(() => log.close());

const owners = async () => {
  const sql = 'select owner, count(*)::int as lanes from projections.checkpoints group by owner order by owner';
  return (await log.database.pool.query<{ owner: string | null; lanes: number }>(sql)).rows;
};
const LONG = 600_000;

it('hands over at once when the one who keeps them stops', async () => {
  const first = log.runtime({ owner: 'first', leaseMs: LONG });
  const second = log.runtime({ owner: 'second', leaseMs: LONG, yields: true });
  await first.start();
  expect(await first.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  await second.start();
  expect(await second.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  expect((await owners()).map(({ owner }) => owner)).toEqual(['first']);
  await first.stop();
  expect(await second.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  expect((await owners()).map(({ owner }) => owner)).toEqual(['second']);
});

it('is shared evenly by all who are there, however they come and go, and never stands still', async () => {
  const first = log.runtime({ owner: 'first', leaseMs: LONG });
  await first.start();
  expect(await first.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  const all = (await owners())[0]?.lanes ?? 0;
  const isEven = async (among: number) => {
    const rows = await owners();
    const most = Math.ceil(all / among);
    return rows.length === among && rows.every(({ owner, lanes }) => owner !== null && lanes <= most);
  };
  const others = ['second', 'third'].map((owner) => log.runtime({ owner, leaseMs: LONG }));
  for (const [at, other] of others.entries()) {
    await other.start();
    await until(() => isEven(at + 2));
    const position = await log.tell(await bustle(log, 5));
    for (const each of [first, other]) expect(await each.waitFor(position, NAMES, 15_000)).toEqual({ ok: true });
  }
  await first.stop();
  await until(() => isEven(2));
  expect(await others[0]?.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
});

it('leaves the rows to whoever is at work when it was told to yield, also to one that comes later', async () => {
  const command = log.runtime({ owner: 'command', leaseMs: LONG, yields: true });
  await command.start();
  expect(await command.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  expect((await owners()).map(({ owner }) => owner)).toEqual(['command']);
  const shop = log.runtime({ owner: 'shop', leaseMs: LONG });
  await shop.start();
  await until(async () => (await owners()).every(({ owner }) => owner === 'shop'));
  expect(await command.waitFor(await log.tell(await bustle(log, 5)), NAMES, 15_000)).toEqual({ ok: true });
});

it('brings what is built from the rows to the head, also where its keeper died and left that alone behind', async () => {
  const first = log.runtime({ owner: 'first' });
  await first.start();
  expect(await first.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  await first.stop();
  const search = () => log.database.pool.query(`select position from projections.checkpoints where name = 'search'`);
  const before = (await search()).rows;
  await log.database.pool.query(`update projections.checkpoints set position = null where name = 'search'`);
  const command = log.runtime({ owner: 'command', yields: true });
  await command.start();
  // Nothing happens any more that would wake a keeper.
  await command.reachHead(AbortSignal.timeout(30_000));
  expect((await search()).rows).toEqual(before);
});
