/** The relevance list on each engine; on Typesense with a real server's recorded answers, where there is no server. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import { describeUnless } from '../../test/support/describe-unless.ts';
import { noteEngine, noteSkipped } from '../../test/support/notes.ts';
import { RELEVANCE, relevanceContract } from './relevance.contract.ts';
import {
  catalogueEvents,
  hasCatalogue,
  hasRecordings,
  missing,
  readCatalogue,
  recordedAnswers,
} from './testing/recorded.ts';
import {
  type SearchUnderTest,
  searchOnPostgres,
  searchOnTypesense,
  type TypesenseUnderTest,
} from './testing/search-under-test.ts';
import { tellAll } from './testing/tell-all.ts';

const there = hasCatalogue && hasRecordings;
const real = process.env.TYPESENSE_URL !== undefined;

describeUnless(there ? undefined : missing, 'relevance', () => {
  const ids: string[] = [];
  const opened: SearchUnderTest[] = [];
  let postgres: SearchUnderTest;
  let typesense: TypesenseUnderTest;

  beforeAll(async () => {
    const told = catalogueEvents(readCatalogue(), { sellerId: newId(), newId });
    ids.push(...told.ids);
    const open = async <T extends SearchUnderTest>(subject: T) => {
      opened.push(subject);
      await subject.found(await tellAll(subject.log, told.events), 120_000);
      return subject;
    };
    postgres = await open(await searchOnPostgres());
    typesense = await open(
      await searchOnTypesense({ double: { answer: recordedAnswers((record) => ids[record] ?? '') } }),
    );
    if (typesense.double) noteEngine({ engine: 'Typesense', how: 'recorded answers', version: '0.24.1' });
  }, 240_000);
  afterAll(() => Promise.all(opened.map((subject) => subject.close())));

  describe('on Postgres', () => {
    relevanceContract(() => postgres.engine, { recorded: false });
    it.each(['newest', 'price_asc', 'bestselling'] as const)('would not hold in another order: %s', async (sort) => {
      const fails = await Promise.all(
        RELEVANCE.map(async ({ q, named }) => {
          const { items } = (await postgres.engine.search({ q, sort, limit: 3 })).result;
          return named !== undefined && !items.every((item) => named.test(item.name));
        }),
      );
      expect(fails.filter(Boolean).length).toBeGreaterThanOrEqual(6);
    });
  });
  describe(`on Typesense${real ? '' : ' (recorded answers)'}`, () => {
    relevanceContract(() => typesense.engine, { recorded: !real });
    if (!real) {
      const left = RELEVANCE.filter(({ recorded }) => !recorded).length;
      noteSkipped(
        `${left} queries of the relevance list on Typesense`,
        'nobody recorded them: set TYPESENSE_URL and TYPESENSE_API_KEY',
      );
    }
  });

  it('counts and pages through as the real server did', async () => {
    if (real) return;
    const { result } = await typesense.engine.search({ q: 'phone', limit: 3, cursor: cursorBehind(3) });
    expect(result.found).toBe(3_291);
    expect(result.items.map(({ productId }) => ids.indexOf(productId))).toEqual([814, 815, 1_075]);
    expect(await typesense.engine.search({ q: 'zzzzqqqq', limit: 3 })).toMatchObject({
      result: { found: 0, items: [] },
    });
  });
});

const cursorBehind = (place: number) => Buffer.from(`["relevance",${place}]`).toString('base64url');
