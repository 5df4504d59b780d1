/** DuckDB as it is opened here: what it may reach, and what it may not. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type DuckDb, openDuckDb, sqlText } from './duckdb.ts';

let folder: string;
let elsewhere: string;
let duck: DuckDb;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "souk-duck's-"));
  elsewhere = mkdtempSync(join(tmpdir(), 'souk-duck-'));
  for (const path of [join(folder, 'a.csv'), join(folder, 'b.csv'), join(elsewhere, 'a.csv')])
    writeFileSync(path, 'n\n1\n2\n');
  duck = await openDuckDb({ files: [join(folder, 'a.csv')] });
});
afterAll(() => {
  duck.close();
  for (const place of [folder, elsewhere]) rmSync(place, { recursive: true, force: true });
});
const rows = async (sql: string) => (await duck.connection.runAndReadAll(sql)).getRowObjectsJson();

it('reads the files it was given', async () => {
  const file = join(folder, 'a.csv');
  expect(await rows(`select sum(n)::int as n from read_csv(${sqlText(file)})`)).toEqual([{ n: 3 }]);
});

it.each([
  ['reads a file elsewhere', () => `select * from read_csv(${sqlText(join(elsewhere, 'a.csv'))})`],
  ['reads a file beside its own', () => `select * from read_csv(${sqlText(join(folder, 'b.csv'))})`],
  ['lists the files beside its own', () => `select * from glob(${sqlText(join(folder, '*'))})`],
  ['writes beside its own', () => `copy (select 1) to ${sqlText(join(folder, 'c.csv'))}`],
  ['lists files elsewhere', () => `select * from glob(${sqlText(join(elsewhere, '*'))})`],
  [
    'goes up from its own',
    () => `select * from read_text(${sqlText(`${folder}/a.csv/../../${basename(elsewhere)}/a.csv`)})`,
  ],
  ['writes elsewhere', () => `copy (select 1) to ${sqlText(join(elsewhere, 'b.csv'))}`],
  ['attaches a database', () => `attach ${sqlText(join(elsewhere, 'x.db'))}`],
  ['asks the network', () => `select * from read_csv('https://example.com/a.csv')`],
  ['installs an extension', () => 'install httpfs'],
  ['loads an extension', () => 'load httpfs'],
  ['allows itself more', () => 'set enable_external_access = true'],
  ['allows itself a folder', () => `set allowed_directories = [${sqlText(elsewhere)}]`],
])('neither %s', async (_what, sql) => {
  await expect(rows(sql())).rejects.toThrow(/disabled|permission|locked|not allowed|cannot/i);
  expect(readdirSync(elsewhere)).toEqual(['a.csv']);
  expect(readdirSync(folder)).toEqual(['a.csv', 'b.csv']);
});

it('speaks of time in UTC, with what is built in', async () => {
  const sql = "select (timestamptz '2026-03-01T12:00:00Z')::text as at, json_extract('{\"a\": 1}', '$.a')::int as a";
  expect(await rows(sql)).toEqual([{ at: '2026-03-01 12:00:00+00', a: 1 }]);
  const local = "select timezone('America/New_York', timestamptz '2026-03-01T12:00:00Z')::text as at";
  expect(await rows(local)).toEqual([{ at: '2026-03-01 07:00:00' }]);
});
