/** What somebody reads whose request does not fit: which field, and what is wanted, in words. */
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { HttpProblem } from './problem.ts';
import { pageQuery, queryDecimal, queryInteger } from './query.ts';
import { checkBody, checkQuery } from './validation.ts';

function errorsOf(check: () => unknown): readonly string[] {
  try {
    check();
  } catch (error) {
    if (!(error instanceof HttpProblem)) throw error;
    return (error.problem.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);
  }
  return [];
}

describe('a query', () => {
  const schema = z.object({
    ...pageQuery,
    priceMin: queryInteger({ min: 0, max: 1_000_000 }).optional(),
    ratingMin: queryDecimal({ min: 0, max: 5 }).optional(),
  });

  it.each([
    ['limit=0', '/limit limit: must be a whole number from 1 to 100'],
    ['limit=101', '/limit limit: must be a whole number from 1 to 100'],
    ['limit=ten', '/limit limit: must be a whole number from 1 to 100'],
    ['limit=1.5', '/limit limit: must be a whole number from 1 to 100'],
    ['priceMin=-1', '/priceMin priceMin: must be a whole number from 0 to 1000000'],
    ['ratingMin=5.5', '/ratingMin ratingMin: must be a number from 0 to 5, with 3 decimals at most'],
    ['ratingMin=good', '/ratingMin ratingMin: must be a number from 0 to 5, with 3 decimals at most'],
    ['cursor=', '/cursor cursor: must not be empty'],
  ])('%s is told what would do', (search, expected) => {
    expect(errorsOf(() => checkQuery(schema, new URLSearchParams(search)))).toEqual([expected]);
  });
});

describe('a body', () => {
  const schema = z.object({
    name: z.string().min(1).max(5),
    count: z.number().int().min(1).max(10),
    weight: z.number().positive(),
    hidden: z.boolean(),
    kind: z.enum(['a', 'b']),
    method: z.literal('card'),
    tags: z.array(z.string()).min(1).max(2),
    place: z.object({ city: z.string() }),
    options: z.record(z.string(), z.string()),
    code: z.string().regex(/^[A-Z]+$/, { error: 'must be capitals' }),
    either: z.union([z.string(), z.number()]),
  });
  const fits = {
    name: 'x',
    count: 1,
    weight: 1,
    hidden: true,
    kind: 'a',
    method: 'card',
    tags: ['t'],
    place: { city: 'c' },
    options: {},
    code: 'A',
    either: 1,
  };

  it('that lacks fields is told which, and what each is', () => {
    expect(errorsOf(() => checkBody(schema, {}))).toEqual([
      '/name is missing: it is text',
      '/count is missing: it is a number',
      '/weight is missing: it is a number',
      '/hidden is missing: it is true or false',
      '/kind is missing: it is one of a, b',
      '/method is missing: it is card',
      '/tags is missing: it is a list',
      '/place is missing: it is an object',
      '/options is missing: it is an object',
      '/code is missing: it is text',
      '/either is missing',
    ]);
  });

  it('that has none of it is told so at its root', () => {
    expect(errorsOf(() => checkBody(schema, undefined))).toEqual([' is missing: it is an object']);
  });

  it.each<[string, unknown, string]>([
    ['name', 1, '/name must be text'],
    ['name', null, '/name must be text'],
    ['name', '', '/name must not be empty'],
    ['name', 'longer', '/name must have 5 characters at most'],
    ['count', 1.5, '/count must be a whole number'],
    ['count', 0, '/count must be 1 or more'],
    ['count', 11, '/count must be 10 or less'],
    ['weight', 0, '/weight must be more than 0'],
    ['kind', 'c', '/kind must be one of a, b'],
    ['method', 'cash', '/method must be card'],
    ['tags', [], '/tags must not be empty'],
    ['tags', ['1', '2', '3'], '/tags must have 2 items at most'],
    ['tags', [1], '/tags/0 must be text'],
    ['place', {}, '/place/city is missing: it is text'],
    ['code', 'a', '/code must be capitals'],
  ])('whose %s is %j is told what it must be', (name, value, expected) => {
    expect(errorsOf(() => checkBody(schema, { ...fits, [name]: value }))).toEqual([expected]);
  });

  it('that fits is handed on', () => {
    expect(checkBody(schema, fits)).toEqual(fits);
  });
});
