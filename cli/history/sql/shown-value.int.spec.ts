/** Values as they are printed: every type of DuckDB that a query may come to. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type DuckDb, openDuckDb } from '../duckdb.ts';
import { jsonOf, textOf } from './shown-value.ts';

let duck: DuckDb;
beforeAll(async () => {
  duck = await openDuckDb({ files: [] });
});
afterAll(() => duck.close());

it.each([
  ['null', null, 'null'],
  ['true', 'true', 'true'],
  ['9007199254740993', '9007199254740993', '9007199254740993'],
  ['170141183460469231731687303715884105727', '170141183460469231731687303715884105727', undefined],
  ['1.10::decimal(5,2)', '1.10', '1.10'],
  ['12345678901234567890.123456::decimal(38,6)', '12345678901234567890.123456', '12345678901234567890.123456'],
  ['1.5::double', '1.5', '1.5'],
  ["'nan'::double", 'NaN', '"NaN"'],
  ["''", '', '""'],
  [`'say "so"'`, 'say "so"', String.raw`"say \"so\""`],
  ["date '2026-03-01'", '2026-03-01', '"2026-03-01"'],
  ["time '12:30:00'", '12:30:00', '"12:30:00"'],
  ["timestamptz '2026-03-01T12:00:00.5Z'", '2026-03-01T12:00:00.500Z', '"2026-03-01T12:00:00.500Z"'],
  ["timestamptz '2026-03-01T12:00:00.000001Z'", '2026-03-01T12:00:00.000001Z', undefined],
  ["timestamptz '1969-12-31T23:59:59.999Z'", '1969-12-31T23:59:59.999Z', undefined],
  ["timestamptz 'infinity'", 'infinity', '"infinity"'],
  ["timezone('America/New_York', timestamptz '2026-03-01T12:00:00Z')", '2026-03-01T07:00:00.000', undefined],
  ["interval '1 day 2 hours'", '1 day 02:00:00', '"1 day 02:00:00"'],
  ['\'{"a": [1]}\'::json', '{"a": [1]}', '{"a": [1]}'],
  ["[date '2026-03-01', null]", '["2026-03-01",null]', '["2026-03-01",null]'],
  ["{'a': 9007199254740993, 'b': ['x'], 'j': '{}'::json}", '{"a":9007199254740993,"b":["x"],"j":{}}', undefined],
  ["map {'k': 1.5::decimal(3,1)}", '{"k":1.5}', '{"k":1.5}'],
  ['[1, 2]::integer[2]', '[1,2]', '[1,2]'],
  ["union_value(n := 'x')", '"x"', '"x"'],
  ["'a'::enum('a', 'b')", 'a', '"a"'],
])('%s', async (sql, text, json) => {
  const result = await duck.connection.runAndReadAll(`select ${sql}`);
  const [value = null] = result.getRows()[0] ?? [];
  const type = result.columnType(0);
  expect(textOf(value, type)).toBe(text);
  // Undefined: as the text, in quotes where it is no number and has no parts.
  if (json !== undefined) expect(jsonOf(value, type)).toBe(json);
  else expect([text, JSON.stringify(text)]).toContain(jsonOf(value, type));
  expect(() => JSON.parse(jsonOf(value, type))).not.toThrow();
});
