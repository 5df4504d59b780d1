/** Search in the rows: the contract, and what belongs to this engine alone. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../platform/testing/until.ts';
import { allDerived, allProjections } from '../all.ts';
import { createProjectionControl } from '../runtime/control.ts';
import { readGenerations } from '../runtime/generations.ts';
import { indexVersion } from './remembered.ts';
import { searchContract } from './search.contract.ts';
import { type SearchUnderTest, searchOnPostgres } from './testing/search-under-test.ts';

let subject: SearchUnderTest;
beforeAll(async () => {
  subject = await searchOnPostgres();
});
afterAll(() => subject.close());

describe('the search on Postgres', () => searchContract(() => subject));

it('is built anew beside the one that is searched, when it is asked for and when its rows are of another version', async () => {
  const { log } = subject;
  const reader = log.database.pool;
  const control = createProjectionControl({
    ...{ projections: allProjections, derived: allDerived },
    ...{ database: log.database, log: log.store },
  });
  const live = async (name: string) =>
    (await readGenerations(reader)).find((each) => each.name === name && each.state === 'live')?.generation;
  const documents = async () =>
    (await reader.query('select * from projections.search_documents order by product_id')).rows;
  const [before, version] = [await documents(), await indexVersion(reader)];
  await control.rebuild(['search'], 'cli:test');
  await until(async () => (await live('search')) === 2);
  expect(await documents()).toEqual(before);
  // No answer of the index before may be given for it.
  expect(await indexVersion(reader)).toBeGreaterThan(version);
  await control.rebuild(['products'], 'cli:test');
  await until(async () => (await live('products')) === 2);
  expect(await live('search')).toBe(2);
  const projections = allProjections.map((each) =>
    each.name === 'products' ? { ...each, version: each.version + 1 } : each,
  );
  await log.runtime({ projections }).catchUp();
  expect([await live('products'), await live('search')]).toEqual([3, 3]);
  expect(await documents()).toEqual(before);
});
