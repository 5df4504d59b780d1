/** How a row of a product file is read. */
import { describe, expect, it } from '@jest/globals';
import { isRowProblem, parseProductRow } from './product-row.ts';

const plain = { name: 'Lamp', brand: 'Acme', categories: ['Home', 'Light'], price: '19.99' };
const parse = (more: object, currency = 'USD') => parseProductRow({ ...plain, ...more }, currency);
const read = (more: object, currency?: string) => {
  const row = parse(more, currency);
  if (isRowProblem(row)) throw new Error(row.detail);
  return row;
};
const problem = (more: object, currency?: string) => {
  const row = parse(more, currency);
  return isRowProblem(row) ? row.detail : undefined;
};

describe('the key of a row', () => {
  it('is its id, else its SKU, else its image, else name and brand', () => {
    const image = 'https://img.test/1.jpg';
    expect(read({ id: 'A1', sku: 'S1', image }).key).toBe('id:A1');
    expect(read({ sku: 'S1', image }).key).toBe('sku:S1');
    expect(read({ image }).key).toBe(`image:${image}`);
    expect(read({}).key).toBe('name:["Lamp","Acme"]');
  });
  it('is the same for a number and its digits', () => expect(read({ id: 7 }).key).toBe(read({ id: '7' }).key));
  it('tells kinds apart: an id is not a SKU', () => expect(read({ id: '1' }).key).not.toBe(read({ sku: '1' }).key));
  it('passes over cells that are blank', () => expect(read({ id: '', sku: null }).key).toBe('name:["Lamp","Acme"]'));
});

describe('the price of a row', () => {
  it.each([
    ['19.99', 'USD', 1_999],
    [49.99, 'USD', 4_999],
    [0.1, 'USD', 10],
    [1.1, 'USD', 110],
    ['4.350', 'USD', 435],
    ['0', 'USD', 0],
    ['500', 'JPY', 500],
    ['500.00', 'JPY', 500],
    ['1.234', 'KWD', 1_234],
    ['1.2', 'KWD', 1_200],
  ])('%p %s is %d minor units', (price, currency, amount) => {
    expect(read({ price, currency }).price).toEqual({ amount, currency });
  });
  it.each([
    ['500.5', 'JPY'],
    ['1.999', 'USD'],
    [0.1 + 0.2, 'USD'],
    ['1.2345', 'KWD'],
    ['-1', 'USD'],
    ['1,99', 'USD'],
    ['$5', 'USD'],
    ['', 'USD'],
    [1e21, 'USD'],
    [Number.NaN, 'USD'],
    [null, 'USD'],
  ])('%p %s is refused rather than rounded', (price, currency) => {
    expect(problem({ price, currency })).toMatch(/^price: /);
  });
  it('is refused beyond what Souk can count', () => {
    expect(read({ price: '100000000' }).price.amount).toBe(10_000_000_000);
    expect(problem({ price: '100000000.01' })).toMatch(/^price: /);
  });
  it('has the currency of the import where the row names none', () => {
    expect(read({}, 'EUR').price.currency).toBe('EUR');
    expect(read({ currency: '' }, 'EUR').price.currency).toBe('EUR');
    expect(read({ currency: 'GBP' }, 'EUR').price.currency).toBe('GBP');
  });
  it('needs a currency that exists', () => {
    expect(problem({ currency: 'usd' })).toMatch(/^currency: usd is not an ISO 4217 code/);
    expect(problem({ currency: 'ABC' })).toMatch(/^currency: /);
  });
});

describe('the other cells of a row', () => {
  it('may be blank: no SKU, no image, no description, the import’s stock', () => {
    const blank = { sku: '', image: '', stock: '', popularity: '', description: '', id: '' };
    expect(read(blank)).toMatchObject({ sku: null, image: null, stock: undefined, popularity: undefined });
    expect(read({ ...blank, description: null }).description).toBe('');
  });
  it('take a path as a list, or joined', () => {
    expect(read({ categories: 'Home > Light' }).categories).toEqual(['Home', 'Light']);
    expect(read({ categories: ['Home', ' Light '] }).categories).toEqual(['Home', 'Light']);
    expect(problem({ categories: 'Home > ' })).toMatch(/^categories/);
    expect(problem({ categories: [] })).toMatch(/^categories/);
  });
  it('take whole units only', () => {
    expect(read({ stock: '20' }).stock).toBe(20);
    expect(read({ stock: 0 }).stock).toBe(0);
    for (const stock of ['-1', '1.5', '0x10', '1e3', 'many', 1.5, true, [5], 1_000_001])
      expect(problem({ stock })).toMatch(/^stock: /);
  });
  it('ignore columns that are not known', () => expect(problem({ colour: 'red' })).toBeUndefined());
  it.each([
    ['name', ''],
    ['name', undefined],
    ['brand', ' '],
    ['sku', 'two words'],
    ['sku', { a: 1 }],
    ['image', 'ftp://x'],
    ['image', 'lamp.jpg'],
  ])('refuse the %s %p by its name', (column, value) => {
    expect(problem({ [column]: value })).toMatch(new RegExp(`^${column}: `));
  });
});
