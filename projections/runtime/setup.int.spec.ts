/** What a process finds when it starts: rows of other versions, and what people have made of them. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { until } from '../../platform/testing/until.ts';
import { counting } from '../testing/counting.ts';
import { told } from '../testing/story.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { createProjectionControl } from './control.ts';
import { readGenerations } from './generations.ts';
import type { Projection } from './types.ts';

const VARIANTS = Array.from({ length: 4 }, () => newId());
let log: TestLog;

beforeEach(async () => {
  log = await createTestLog();
  await log.tell(
    VARIANTS.map((variantId) =>
      told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: 1, reason: 'counted' }),
    ),
  );
});
afterEach(() => log.close());

const modelsOf = (version: number) => ({ projections: [counting('counts_a', version)], derived: [] });
const controlOf = (version: number) =>
  createProjectionControl({ ...modelsOf(version), database: log.database, log: log.store });
const states = async () =>
  (await readGenerations(log.database.pool)).map(
    ({ version, generation, state }) => `${version}/${generation} ${state}`,
  );

/** The next version, with other columns. */
function changed(columns: Projection['columns'], row: Readonly<Record<string, unknown>>): Projection {
  const before = counting('counts_a', 2);
  return {
    ...before,
    columns: { id: 'text', ...columns, ...before.columns, ...columns },
    project: (event, old, key) => ({ ...before.project(event, old, key), ...row }),
  };
}

it('keeps views and grants that people made on the rows', async () => {
  await log.runtime(modelsOf(1)).catchUp();
  const { pool } = log.database;
  await pool.query('create view public.mine as select id, seen from projections.counts_a');
  await pool.query('grant select on projections.counts_a to public');
  const models = { projections: [changed({ extra: 'text' }, { extra: 'new' })], derived: [] };
  await log.runtime(models).catchUp();
  expect(await states()).toEqual(['1/1 previous', '2/2 live']);
  const { rows } = await pool.query('select m.seen, c.extra from public.mine m join projections.counts_a c using (id)');
  expect(rows).toEqual(VARIANTS.map(() => ({ seen: 1, extra: 'new' })));
  const granted = `select from pg_class, aclexplode(relacl) a where oid = 'projections.counts_a'::regclass and a.grantee = 0`;
  expect((await pool.query(granted)).rowCount).toBe(1);
});

it('says which view is in the way of a column that changes its type', async () => {
  await log.runtime(modelsOf(1)).catchUp();
  const { pool } = log.database;
  await pool.query('create view public.mine as select id, seen from projections.counts_a');
  const models = { projections: [changed({ sum: 'text' }, { sum: 'much' })], derived: [] };
  const runtime = log.runtime(models);
  await runtime.start();
  const note = async () => (await runtime.status()).find(({ role }) => role === 'building')?.error ?? '';
  await until(async () => /sum.*view mine depends on view projections.counts_a/.test(await note()));
  await pool.query('drop view public.mine');
  await until(async () => (await states()).includes('2/2 live'));
  expect((await pool.query('select sum from projections.counts_a')).rows[0]).toEqual({ sum: 'much' });
});

it('leaves alone what a newer version reads or builds', async () => {
  await log.runtime(modelsOf(1)).catchUp();
  await controlOf(1).pause('counts_a', 'cli:test');
  await log.runtime(modelsOf(3)).start();
  await expect(log.runtime(modelsOf(2)).start()).rejects.toThrow('newer than this Souk');
  expect(await states()).toEqual(['1/1 live', '3/2 building']);
  await controlOf(1).resume('counts_a', 'cli:test');
  await until(async () => (await states()).includes('3/2 live'));
  await expect(controlOf(1).rebuild(['counts_a'], 'cli:test')).rejects.toThrow('version 3');
});
