/** Files of products: three formats, told apart by what stands in them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readProductRows } from './read-product-rows.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-rows-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(content: string) {
  const path = join(folder, 'products');
  writeFileSync(path, content);
  return readProductRows(path);
}

describe('a JSON array', () => {
  it('gives its elements by number', async () => {
    expect(await read(' \n[{"name":"a"},\n {"name":"b"}]')).toEqual([
      { line: 1, row: { name: 'a' } },
      { line: 2, row: { name: 'b' } },
    ]);
  });
  it('may begin with a byte order mark', async () => expect(await read('\uFEFF[{"name":"a"}]')).toHaveLength(1));
  it('may be empty', async () => expect(await read('[]')).toEqual([]));
  it('keeps what is no object as a row that cannot be read', async () => {
    const rows = await read('[1, null, [2], "x"]');
    expect(rows.map(({ row }) => Object.keys(row))).toEqual(Array(4).fill(['unreadable']));
  });
  it('that breaks off is refused whole', () => expect(read('[{"name":"a"}')).rejects.toThrow(/cannot be read/));
});

describe('NDJSON', () => {
  it('gives its lines, those that are broken as such', async () => {
    const rows = await read('{"name":"a"}\n{"name":\n\n{"name":"d"}\r\n');
    expect(rows.map(({ line }) => line)).toEqual([1, 2, 4]);
    expect(rows[1]?.row).toEqual({ unreadable: expect.stringMatching(/JSON/) });
    expect(rows[2]?.row).toEqual({ name: 'd' });
  });
  it('may begin with a byte order mark', async () => {
    expect(await read('\uFEFF{"name":"a"}\n')).toEqual([{ line: 1, row: { name: 'a' } }]);
  });
});

describe('CSV', () => {
  it('gives its records by the header, whatever marks, quotes and line ends it has', async () => {
    const rows = await read('\uFEFFname,brand,price\r\n"Lamp, ""big""", Acme ,5\r\nChair,Acme,7\r\n');
    expect(rows).toEqual([
      { line: 2, row: { name: 'Lamp, "big"', brand: 'Acme', price: '5' } },
      { line: 3, row: { name: 'Chair', brand: 'Acme', price: '7' } },
    ]);
  });
  it('names a row by the line it begins on', async () => {
    const rows = await read('name,description\nA,"one\ntwo\nthree"\n\nB,x\n"C\nc",y\nD,z\n');
    expect(rows.map(({ line, row }) => [line, (row as { name: string }).name])).toEqual([
      [2, 'A'],
      [6, 'B'],
      [7, 'C\nc'],
      [9, 'D'],
    ]);
  });
  it('takes missing cells for blank, and refuses a row with cells beyond the header', async () => {
    const rows = await read('name,brand\nA\nB,Acme,,\nC,Acme,extra\n');
    expect(rows.map(({ row }) => row)).toEqual([
      { name: 'A', brand: '' },
      { name: 'B', brand: 'Acme' },
      { unreadable: 'it has 3 cells, and the header has 2 columns' },
    ]);
  });
  it.each([
    ['no name column', 'title,brand\nA,B\n', /no column "name"/],
    ['a column twice', 'name,brand,brand\nA,B,C\n', /"brand" twice/],
    ['a header alone', 'name,brand\n', /no rows/],
    ['a quote that never closes', 'name,brand\n"A,B\n', /cannot be read/],
  ])('with %s is refused whole', (_what, content, why) => expect(read(content)).rejects.toThrow(why));
});

describe('a file that is none of them', () => {
  it('is refused with its name and why', async () => {
    await expect(read('')).rejects.toThrow(/products cannot be read: it is empty/);
    await expect(read(' \n ')).rejects.toThrow(/it is empty/);
    await expect(readProductRows(join(folder, 'missing'))).rejects.toThrow(/missing cannot be read: .*ENOENT/);
    await expect(readProductRows(folder)).rejects.toThrow(/EISDIR/);
    await expect(read('\u0000\u0001\u0002')).rejects.toThrow(/cannot be read/);
  });
});
