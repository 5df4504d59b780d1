/** The orders of a listing in Typesense, and the places that the port's cursors name in them. */

import { BadCursor } from '../../read.ts';
import type { Sort } from '../params.ts';
import { countedPlace, cursorOf, keyValues } from '../sorts.ts';
import { idNumbers, ratedNumber } from './document.ts';
import { wholeNumber } from './filters.ts';

type Numbers = readonly (readonly [field: string, value: number])[];

type Order = {
  readonly direction: 'asc' | 'desc';
  readonly field: string;
  /** The number a cursor of the rows stands for in that field. */
  readonly value: (values: readonly (string | number)[]) => number;
};

const ORDERS: Readonly<Record<Exclude<Sort, 'relevance'>, Order>> = {
  price_asc: { direction: 'asc', field: 'price_from', value: ([price]) => Number(price) },
  price_desc: { direction: 'desc', field: 'price_from', value: ([price]) => Number(price) },
  newest: { direction: 'desc', field: 'created_at', value: ([time]) => Date.parse(String(time)) },
  rating: { direction: 'desc', field: 'rated', value: ([rating, units]) => ratedNumber(Number(rating), Number(units)) },
  bestselling: { direction: 'desc', field: 'units', value: ([units]) => Number(units) },
};

/** What of a document a cursor keeps: named and formed as in the rows. */
export const CURSOR_FIELDS = 'id,price_from,units,rating,created_at';

type CursorFields = Readonly<Record<'price_from' | 'units' | 'rating' | 'created_at', number>> & {
  readonly id: string;
};

/** The cursor behind a document, as the rows would make it. From the document, not the row: it is what was sorted. */
export function cursorBehind(sort: Exclude<Sort, 'relevance'>, document: CursorFields): string {
  return cursorOf(sort, {
    ...document,
    product_id: document.id,
    rating: document.rating / 1_000,
    created_at: new Date(document.created_at).toISOString(),
  });
}

export type Place = {
  readonly sort_by: string;
  /** What a cursor stands for, as a condition; undefined on the first page. */
  readonly after: string | undefined;
  /** Results before the page, where places are counted. */
  readonly offset: number;
};

/** Throws `BadCursor` for one of another sort. Cursors are the rows' own, so that either engine goes on after the other. */
export function placeOf(sort: Sort, cursor: string | undefined): Place {
  if (sort === 'relevance') {
    return { sort_by: '_text_match:desc,popularity:desc', after: undefined, offset: countedPlace(cursor) ?? 0 };
  }
  const { direction, field, value } = ORDERS[sort];
  const sort_by = [field, 'id_high', 'id_low'].map((name) => `${name}:${direction}`).join(',');
  if (cursor === undefined) return { sort_by, after: undefined, offset: 0 };
  const values = keyValues(sort, cursor);
  const { high, low } = idNumbers(String(values.at(-1)));
  if (![value(values), high, low].every(Number.isSafeInteger)) throw new BadCursor();
  const numbers: Numbers = [
    [field, value(values)],
    ['id_high', high],
    ['id_low', low],
  ];
  return { sort_by, after: behind(numbers, direction === 'asc' ? '>' : '<'), offset: 0 };
}

/** Numbers that come after others, the first that differs deciding. */
function behind([first, ...rest]: Numbers, operator: '<' | '>'): string {
  if (first === undefined) throw new Error('a cursor without numbers');
  const [field, value] = first;
  const further = `${field}:${operator}${wholeNumber(value)}`;
  return rest.length === 0 ? further : `(${further} || (${field}:=${wholeNumber(value)} && ${behind(rest, operator)}))`;
}
