/** Several processes that could keep the rows: at any time one of them does, and the others stand by. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { allDerived, allProjections } from '../all.ts';
import { bustle } from '../testing/bustle.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';

const NAMES = [...allProjections, ...allDerived].map((model) => model.name);
let log: TestLog;

beforeEach(async () => {
  log = await createTestLog();
});
afterEach(() => log.close());

it('hands over at once when the one who keeps them stops', async () => {
  const first = log.runtime({ owner: 'first', takeOverMs: 600_000 });
  const second = log.runtime({ owner: 'second', takeOverMs: 600_000 });
  await second.start();
  await first.start();
  expect(await second.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  await first.stop();
  expect(await second.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
});

it('never has all of them standing by, however often they meet: who takes over takes every lane at once', async () => {
  const first = log.runtime({ owner: 'first', takeOverMs: 600_000 });
  await first.start();
  expect(await first.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  for (const owner of ['second', 'third', 'fourth']) {
    // On a quiet log both wait for the same next event.
    const next = log.runtime({ owner, takeOverMs: 600_000 });
    await next.start();
    const position = await log.tell(await bustle(log, 10));
    expect(await next.waitFor(position, NAMES, 15_000)).toEqual({ ok: true });
    const { rows } = await log.database.pool.query('select distinct owner from projections.checkpoints');
    expect(rows).toEqual([{ owner }]);
  }
});

it('leaves the rows to whoever is at work when it was told to yield, and keeps them where nobody is', async () => {
  const shop = log.runtime({ owner: 'shop', takeOverMs: 600_000 });
  await shop.start();
  expect(await shop.waitFor(await log.tell(await bustle(log, 2)), NAMES, 15_000)).toEqual({ ok: true });
  const command = log.runtime({ owner: 'command', takeOverMs: 600_000, yields: true });
  await command.start();
  expect(await command.waitFor(await log.tell(await bustle(log, 5)), NAMES, 15_000)).toEqual({ ok: true });
  const owners = () => log.database.pool.query('select distinct owner from projections.checkpoints');
  expect((await owners()).rows).toEqual([{ owner: 'shop' }]);
  await shop.stop();
  expect(await command.waitFor(await log.tell(await bustle(log, 5)), NAMES, 15_000)).toEqual({ ok: true });
  expect((await owners()).rows).toEqual([{ owner: 'command' }]);
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
