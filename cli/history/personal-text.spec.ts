/** Personal fields in text: what is done to the text is what the keys would do to the value. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isSealedValue, type KeyStore, type SealedValue } from '../../platform/keys/key-store.ts';
import { omitPersonal, openPersonal } from './personal-text.ts';

const erased = '01900000-0000-7000-8000-00000000dead';
const open = (sealed: SealedValue): unknown =>
  sealed.person === erased ? { $erased: true } : { opened: sealed.$sealed, quote: '"' };

/** What the keys do, on the value. */
function walk(value: unknown, put: (sealed: SealedValue) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealedValue(value)) return put(value);
  if (Array.isArray(value)) return value.map((inner) => walk(inner, put));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, put)]));
}
const keys: Pick<KeyStore, 'openAll'> = {
  openAll: async <T>(data: readonly T[]) => data.map((item) => walk(item, open) as T),
};

const sealed = fc.record({
  $sealed: fc.stringMatching(/^[\w-]{1,40}$/),
  person: fc.oneof(fc.uuid(), fc.constant(erased)),
});
const turned = sealed.map(({ $sealed, person }) => ({ person, $sealed }));
const lookAlike = fc.oneof(
  sealed.map((value) => JSON.stringify(value)),
  sealed.map((value) => ({ ...value, more: 1 })),
  sealed.map((value) => ({ ...value, person: 'Pat' })),
  sealed.map(({ $sealed }) => ({ $sealed })),
  fc.constantFrom('{"$sealed":"', '\\{"$sealed":"a","person":"', '"$sealed"', '$sealed'),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof({ depthSize: 'small' }, sealed, turned, lookAlike, fc.jsonValue(), tie('list'), tie('object')),
  list: fc.array(tie('json'), { maxLength: 3 }),
  object: fc.dictionary(
    fc.oneof(fc.string(), fc.constant('$sealed'), fc.constant('{"$sealed":"a"')).filter((name) => name !== '__proto__'),
    tie('json'),
    { maxKeys: 3 },
  ),
}));

describe('in any JSON, whatever people wrote into it,', () => {
  it('what is sealed is left out, and nothing else', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value);
        const wanted = walk(JSON.parse(text), () => ({ $personal: 'omitted' }));
        expect(JSON.parse(omitPersonal(text))).toEqual(wanted);
      }),
      { numRuns: 1_000 },
    );
  });

  it('what is sealed is opened, each in its own place, and what was erased says so', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(json, { maxLength: 4 }), async (values) => {
        const texts = values.map((value) => JSON.stringify(value));
        const wanted = texts.map((text) => walk(JSON.parse(text), open));
        expect((await openPersonal(texts, keys)).map((text) => JSON.parse(text))).toEqual(wanted);
      }),
      { numRuns: 500 },
    );
  });
});

it('asks for the keys of all texts at once, and not at all where nothing is sealed', async () => {
  let asked = 0;
  const counting = {
    openAll: async <T>(data: readonly T[]) => {
      asked += 1;
      return keys.openAll(data);
    },
  };
  const one = (n: number) => JSON.stringify({ a: { $sealed: `x${n}`, person: erased } });
  await openPersonal([one(1), one(2), '{}'], counting);
  expect(asked).toBe(1);
  await openPersonal(['{"a":1}', '{}'], counting);
  expect(asked).toBe(1);
});
