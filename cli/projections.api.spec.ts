/** `souk projections`, run as people run it, on a shop that nothing else runs on: the command itself keeps the rows. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { allDerived, allProjections } from '../projections/all.ts';
import { bustle } from '../projections/testing/bustle.ts';
import { EMAIL } from '../projections/testing/purchase.ts';
import { createTestLog, type TestLog } from '../projections/testing/test-log.ts';
import { answerOf } from './testing/cli-shop.ts';
import { runVerb } from './testing/run-verb.ts';

let log: TestLog;
let env: Record<string, string>;

beforeAll(async () => {
  const masterKey = randomBytes(32);
  log = await createTestLog({ masterKey });
  env = { ...log.settings, SOUK_MASTER_KEY: masterKey.toString('hex'), SOUK_ACTOR: 'ops' };
  await log.tell(await bustle(log, 6));
});
afterAll(() => log.close());

const souk = (...args: string[]) => runVerb(['projections', ...args], env);
const query = (text: string) => log.database.pool.query(text);

it('rebuilds what is named, swaps back, and drops no generation that reads may still be on', async () => {
  const rebuilt = await souk('rebuild', 'orders', 'search', '--json');
  expect(answerOf(rebuilt)).toMatchObject([
    { name: 'orders', generation: 2, state: 'live' },
    { name: 'search', generation: 2, state: 'live' },
  ]);
  expect(answerOf(await souk('swap-back', 'orders', '--json'))).toMatchObject([{ name: 'orders', generation: 1 }]);
  const status = answerOf(await souk('status', '--json')) as { name: string; role: string; owner: string | null }[];
  const roles = (name: string) => status.filter((lane) => lane.name === name).map(({ role }) => role);
  expect([...new Set(roles('orders'))].sort()).toEqual(['live', 'previous']);
  // Nobody keeps the rows when the command is over.
  expect(status.every(({ owner }) => owner === null)).toBe(true);
  const dropped = await souk('drop-previous', 'orders');
  expect(dropped).toMatchObject({ code: 1, stderr: expect.stringContaining('ask again in') });
});

it('verifies: a row that was changed is named, and personal values only where they are asked for', async () => {
  const equal = answerOf(await souk('verify', '--all', '--json')) as { name: string; equal: boolean }[];
  expect(equal.map(({ name }) => name)).toEqual(allProjections.map(({ name }) => name));
  expect(equal.filter((each) => !each.equal)).toEqual([]);
  await query(`update projections.orders set email = 'eve@example.com', number = 'N'
    where order_id = (select min(order_id) from projections.orders)`);
  const found = await souk('verify', 'orders', '--json');
  const hidden = { $personal: 'omitted' };
  expect(found.code).toBe(1);
  expect(answerOf(found)[0].differences[0].columns).toEqual([
    { column: 'email', live: hidden, expected: hidden },
    { column: 'number', live: 'N', expected: expect.any(String) },
  ]);
  const shown = await souk('verify', 'orders', '--sample', '100', '--personal', 'decrypt');
  expect(shown).toMatchObject({ code: 1, stdout: expect.stringContaining(`"${EMAIL}"`) });
  expect((await souk('rebuild', 'orders')).code).toBe(0);
  expect((await souk('verify', 'orders')).code).toBe(0);
});

it('leaves rows as they are while they are paused', async () => {
  expect((await souk('pause', 'orders')).code).toBe(0);
  const refused = await souk('rebuild', 'orders');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('souk projections resume') });
  const lanes = answerOf(await souk('status', '--json')) as { name: string; state: string }[];
  expect(new Set(lanes.filter(({ name }) => name === 'orders').map(({ state }) => state))).toEqual(new Set(['paused']));
  expect((await souk('resume', 'orders')).code).toBe(0);
});

it('makes a read model as it stood, and says what is wrong with what it is told', async () => {
  const made = await souk('replay', 'orders', '--as-of', '2999-01-01', '--into', 'some_day', '--json');
  expect(answerOf(made)).toMatchObject({ name: 'orders', table: 'some_day.orders', rows: 6 });
  expect(await souk('replay', 'orders', '--as-of', '2999-01-01', '--into', 'log')).toMatchObject({ code: 1 });
  const known = expect.stringContaining(allDerived[0]?.name ?? '');
  expect(await souk('rebuild', 'nothing')).toMatchObject({ code: 2, stderr: known });
  expect(await souk('rebuild')).toMatchObject({ code: 2, stderr: expect.stringContaining('--all') });
  expect(await souk('verify', 'nothing')).toMatchObject({ code: 2 });
  expect(await souk('verify', 'orders', '--sample', '0')).toMatchObject({ code: 2 });
  expect(await souk('replay', 'orders', '--as-of', '2026-02-30', '--into', 'x')).toMatchObject({ code: 2 });
});
