/** Search in the rows: the contract, and what belongs to this engine alone. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { searchModel } from './model.ts';
import { indexVersion } from './remembered.ts';
import { searchContract } from './search.contract.ts';
import { type SearchUnderTest, searchOnPostgres } from './testing/search-under-test.ts';

let subject: SearchUnderTest;
beforeAll(async () => {
  subject = await searchOnPostgres();
});
afterAll(() => subject.close());

describe('the search on Postgres', () => searchContract(() => subject));

it('moves on when it is built anew, so that no answer of the index before is given for it', async () => {
  const { log } = subject;
  const reader = log.database.pool;
  const before = await indexVersion(reader);
  const anew = { ...searchModel, version: searchModel.version + 1 };
  await log.runtime({ derived: [anew] }).catchUp();
  expect(await indexVersion(reader)).toBeGreaterThan(before);
});
