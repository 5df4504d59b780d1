/** What is due at once: each comes to its end, and none keeps another from it. */
import { afterEach, beforeEach, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { until } from '../../platform/testing/until.ts';
import { counting } from '../testing/counting.ts';
import { told } from '../testing/story.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';
import { createProjectionControl } from './control.ts';
import { createGeneration, readGenerations } from './generations.ts';
import { modelOf } from './models.ts';
import { whileVerifying } from './scratch.ts';
import { inTransaction } from './transaction.ts';

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

const generations = async (table: string) =>
  (await readGenerations(log.database.pool))
    .filter(({ name }) => name === table)
    .map(({ generation, state }) => `${generation} ${state}`);

it('comes to an end where a rebuild and a swap back are wished at once', async () => {
  const models = { projections: [counting('counts_a')], derived: [] };
  const control = createProjectionControl({ ...models, database: log.database, log: log.store });
  await log.runtime(models).catchUp();
  await control.rebuild(['counts_a'], 'cli:test');
  await log.runtime(models).catchUp();
  await control.rebuild(['counts_a'], 'cli:test');
  await control.swapBack('counts_a', 'cli:test');
  await log.runtime(models).start();
  await until(async () => (await generations('counts_a')).join() === '2 previous,3 live');
});

it('swaps in the others where one fails, and says in its status why', async () => {
  const models = { projections: [counting('counts_a'), counting('counts_b')], derived: [] };
  await log.runtime(models).catchUp();
  const { pool } = log.database;
  await createProjectionControl({ ...models, database: log.database, log: log.store }).rebuild('all', 'cli:test');
  await pool.query(`create function public.refuse() returns trigger language plpgsql as $$ begin
    if new.name = 'counts_a' and new.state = 'live' then raise 'not today'; end if; return new; end $$`);
  await pool.query(`create trigger refuse before update on projections.generations
    for each row execute function public.refuse()`);
  await log.runtime(models).start();
  await until(async () => (await generations('counts_b')).includes('2 live'));
  await until(async () => {
    const { rows } = await pool.query(`select note from projections.generations where name = 'counts_a'`);
    return rows.some(({ note }) => note === 'not swapped in: not today');
  });
  await pool.query('drop trigger refuse on projections.generations');
  await until(async () => (await generations('counts_a')).includes('2 live'));
});

it('drops what only a process holds whose connection is gone', async () => {
  const models = { projections: [counting('counts_a')], derived: [] };
  await log.runtime(models).catchUp();
  await createProjectionControl({ ...models, database: log.database, log: log.store }).rebuild('all', 'cli:test');
  const { pool } = log.database;
  const gone = newId();
  await pool.query(
    `insert into projections.keepers (keeper, owner, runs, yields, backend_pid, alive_until)
     values ($1, 'gone', '{}', false, 2147483647, now() + interval '1 hour')`,
    [gone],
  );
  await pool.query('update projections.checkpoints set keeper = $1 where generation = 2', [gone]);
  await pool.query(`update projections.generations set state = 'dropping' where generation = 2`);
  await log.runtime(models).start();
  await until(async () => (await generations('counts_a')).join() === '1 live');
  // Its number is not taken again: statements prepared on its tables, and what is remembered of it, are nobody else's.
  await createProjectionControl({ ...models, database: log.database, log: log.store }).rebuild('all', 'cli:test');
  await until(async () => (await generations('counts_a')).join() === '1 previous,3 live');
});

it('drops what a verification left behind that was killed, and nothing else that is only compared', async () => {
  const models = { projections: [counting('counts_a')], derived: [] };
  await log.runtime(models).catchUp();
  const { pool } = log.database;
  const identity = await log.store.identity();
  const scratch = (schema?: string) =>
    inTransaction(pool, (client) =>
      createGeneration(client, modelOf(counting('counts_a')), {
        state: 'scratch',
        identity,
        ...(schema ? { schema } : {}),
      }),
    );
  await scratch('mine');
  await whileVerifying(pool, async () => {
    await scratch();
    await createProjectionControl({ ...models, database: log.database, log: log.store }).rebuild('all', 'cli:test');
    await log.runtime(models).start();
    await until(async () => (await generations('counts_a')).join() === '1 previous,2 scratch,3 scratch,4 live');
  });
  await until(async () => (await generations('counts_a')).join() === '1 previous,2 scratch,4 live');
});
