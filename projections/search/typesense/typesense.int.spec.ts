/** Search in Typesense: the contract. Where there is no server its double stands in, held against a real one's answers. */
import { afterAll, beforeAll, describe } from '@jest/globals';
import { searchContract } from '../search.contract.ts';
import { searchOnTypesense, type TypesenseUnderTest } from '../testing/search-under-test.ts';

let subject: TypesenseUnderTest;
beforeAll(async () => {
  subject = await searchOnTypesense();
});
afterAll(() => subject.close());

describe('the search on Typesense', () => searchContract(() => subject));
