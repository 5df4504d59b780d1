/** What was parked comes late: into what is built from its row, and into the generation that takes the place of this one. */
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { until } from '../../platform/testing/until.ts';
import { counting } from '../testing/counting.ts';
import { told } from '../testing/story.ts';
import { createTestLog, type TestLog } from '../testing/test-log.ts';

import { createProjectionControl } from './control.ts';
import { listParked, wishParked } from './parked-items.ts';
import type { DerivedModel, OutsideModel, Projection } from './types.ts';

let log: TestLog;
let sick: string | undefined;
beforeEach(async () => {
  log = await createTestLog();
});
afterEach(() => log.close());

const [a = '', b = '', c = ''] = Array.from({ length: 3 }, newId);
const adjusted = (variantId: string) =>
  told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: 1, reason: 'counted' });
const parked = () => listParked(log.database.pool, { limit: 9 });

/** Cannot change the row that is sick. */
function sickly(version = 1): Projection {
  const base = counting('counts_a', version);
  return {
    ...base,
    project(event, row, key) {
      if (key === sick) throw new Error('poison');
      return base.project(event, row, key);
    },
  };
}

/** What of its source is to be built, as search asks for it. */
const fromCounts = (name: string) => ({
  name,
  version: 1,
  sources: ['counts_a'],
  changed: async (reader: { query: typeof log.database.pool.query }, after: string | null) =>
    (
      await reader.query<{ id: string; sum: number }>(
        'select id, sum from projections.counts_a where $1::text is null or position > $1',
        [after],
      )
    ).rows,
});
type Count = { readonly id: string; readonly sum: number };

const copies = {
  ...fromCounts('copies'),
  tables: ['copies'],
  create: ['create table copies (id text primary key, sum integer)'],
  keyOf: ({ id }: Count) => id,
  anew: (id: string) => ({ id, sum: 0 }),
  async build(client, work: readonly Count[]) {
    await client.query(
      `insert into copies select id, sum from projections.counts_a where id = any($1)
       on conflict (id) do update set sum = excluded.sum`,
      [work.map(({ id }) => id)],
    );
  },
} as DerivedModel as DerivedModel<unknown>;

/** In the memory of an engine. */
function elsewhere(): { readonly model: OutsideModel; readonly sent: Map<string, number> } {
  const sent = new Map<string, number>();
  let place: string | undefined;
  const outside: OutsideModel<Count>['outside'] = {
    live: async () => place,
    open: async () => 'place',
    send: async (_reader, work) => {
      for (const { id, sum } of work) sent.set(id, sum);
    },
    publish: async (filled) => {
      place = filled;
    },
    tidy: async () => undefined,
    missing: async () => null,
  };
  const model = { ...fromCounts('elsewhere'), tables: [], create: [], outside };
  return { model: model as unknown as OutsideModel, sent };
}

it('builds again from a row whose parked event came late, here and in another engine', async () => {
  sick = b;
  const { model, sent } = elsewhere();
  const running = log.runtime({ projections: [sickly()], derived: [copies], outside: [model] });
  await running.start();
  const all = ['counts_a', 'copies', 'elsewhere'];
  await log.tell([adjusted(a)]);
  await log.tell([adjusted(b)]);
  await running.waitFor(await log.tell([adjusted(c)]), all, 5_000);
  expect([...sent.keys()].sort()).toEqual([a, c].sort());
  const [item] = await parked();
  sick = undefined;
  await wishParked(log.database.pool, item?.id ?? '', { wish: 'retry', by: 'cli:test' });
  await until(async () => (await parked()).length === 0);
  // Whoever waits for it now waits until it is there.
  expect(await running.waitFor(item?.position as never, all, 10_000)).toEqual({ ok: true });
  const rows = async (table: string) =>
    (await log.database.pool.query(`select id, sum from projections.${table} order by id`)).rows;
  expect(await rows('copies')).toEqual(await rows('counts_a'));
  expect(await rows('copies')).toHaveLength(3);
  expect(sent.size).toBe(3);
});

it('does not swap in a generation that would take away another row than the one that waits already', async () => {
  const models = (version: number) => ({ projections: [sickly(version)], derived: [] });
  const seen = async () => (await log.database.pool.query('select id, seen from projections.counts_a')).rows;
  const note = async () =>
    (await log.database.pool.query('select note from projections.generations where generation = 2')).rows[0]?.note ??
    null;
  sick = a;
  const first = log.runtime(models(1));
  await first.start();
  await first.waitFor(await log.tell([a, b, a].map(adjusted)), ['counts_a'], 5_000);
  await until(async () => (await parked()).length === 1);
  await first.stop();
  sick = b;
  // As many keys, and fewer events.
  const second = log.runtime(models(2));
  await second.start();
  await until(async () => (await note()) !== null);
  expect(await note()).toMatch(/for 1 keys something is parked/);
  expect(await seen()).toEqual([{ id: b, seen: 1 }]);
  sick = undefined;
  for (const { id } of await parked()) await wishParked(log.database.pool, id, { wish: 'retry', by: 'cli:test' });
  await until(async () => (await seen()).length === 2);
});

it('builds again from rows of a new generation of which some waited in the old one', async () => {
  sick = b;
  const models = { projections: [sickly()], derived: [copies] };
  const running = log.runtime(models);
  await running.start();
  await running.waitFor(await log.tell([b, a].map(adjusted)), ['counts_a', 'copies'], 5_000);
  await until(async () => (await parked()).length === 1);
  sick = undefined;
  const control = createProjectionControl({ ...models, database: log.database, log: log.store });
  await control.rebuild(['counts_a'], 'cli:test');
  const built = async () => (await log.database.pool.query('select id from projections.copies')).rowCount;
  await until(async () => (await built()) === 2);
});
