/** The orders a listing can have; each is total, so that a cursor names one place in it. */
import { BadCursor, decodeCursor, encodeCursor } from '../read.ts';
import type { Binder } from './filters.ts';
import type { Sort } from './params.ts';

/** Text weighs most; what sold before nudges, so that among equals the popular one comes first. */
const RANK = `(ts_rank('{0.05, 0.2, 0.5, 1.0}', words, $QUERY::tsquery) + 0.004 * ln(popularity + 1))::float8`;

type Order = {
  readonly direction: 'asc' | 'desc';
  /** Columns of `search_documents`, the product's id last. */
  readonly columns: readonly string[];
  readonly kinds: readonly ('string' | 'number')[];
};

const ORDERS: Readonly<Record<Sort, Order>> = {
  relevance: { direction: 'desc', columns: ['rank', 'product_id'], kinds: ['number', 'string'] },
  price_asc: { direction: 'asc', columns: ['price_from', 'product_id'], kinds: ['number', 'string'] },
  price_desc: { direction: 'desc', columns: ['price_from', 'product_id'], kinds: ['number', 'string'] },
  newest: { direction: 'desc', columns: ['created_at', 'product_id'], kinds: ['string', 'string'] },
  rating: { direction: 'desc', columns: ['rating', 'units', 'product_id'], kinds: ['number', 'number', 'string'] },
  bestselling: { direction: 'desc', columns: ['units', 'product_id'], kinds: ['number', 'string'] },
};

/** What to add to a statement for a sort. */
export type Sorted = {
  /** `rank` for relevance, worked out inside a subquery; nothing for the others, which have indexes. */
  readonly rank: string | undefined;
  readonly orderBy: string;
  /** The condition that a cursor stands for. */
  readonly after: string;
  /** Rows before the page, where the cursor counts them. */
  readonly offset: number;
  /** What a cursor keeps of a row. */
  readonly key: (row: Readonly<Record<string, unknown>>) => readonly (string | number)[];
};

/** Throws `BadCursor` where the cursor is of another sort. */
export function sortedBy(
  sort: Sort,
  { bind }: Binder,
  options: { readonly cursor: string | undefined; readonly ranking: string | null },
): Sorted {
  const { direction, columns, kinds } = ORDERS[sort];
  // The sort's name is part of the cursor: a place in one order means nothing in another.
  const counted = sort === 'relevance' ? countedPlace(options.cursor) : undefined;
  const values = options.cursor === undefined || counted !== undefined ? [] : keyValues(sort, options.cursor);
  const places = values.map((value, at) => `${bind(value)}${kinds[at] === 'number' ? castOf(columns[at]) : ''}`);
  return {
    rank: sort === 'relevance' ? RANK.replace('$QUERY', bind(options.ranking)) : undefined,
    orderBy: columns.map((column) => `${column} ${direction}`).join(', '),
    after:
      places.length === 0
        ? 'true'
        : `(${columns.join(', ')}) ${direction === 'asc' ? '>' : '<'} (${places.join(', ')})`,
    offset: counted ?? 0,
    key: (row) => keyOf(sort, row),
  };
}

function keyOf(sort: Sort, row: Readonly<Record<string, unknown>>): readonly (string | number)[] {
  return [sort, ...ORDERS[sort].columns.map((column) => row[column] as string | number)];
}

/** The cursor behind a row. */
export function cursorOf(sort: Sort, row: Readonly<Record<string, unknown>>): string {
  return encodeCursor(keyOf(sort, row));
}

function castOf(column: string | undefined): string {
  return column === 'rank' ? '::float8' : column === 'rating' ? '::real' : '::bigint';
}

/** The values of a cursor that names a row; throws `BadCursor` where it is of another sort. */
export function keyValues(sort: Sort, cursor: string): readonly (string | number)[] {
  const [name, ...values] = decodeCursor(cursor, ['string', ...ORDERS[sort].kinds]);
  if (name !== sort) throw new BadCursor();
  return values;
}

/** So many products of a search by relevance can be counted through: each page costs as much as all before it. */
export const DEEPEST = 10_000;

/**
 * How many products stand before the page, where a cursor counts them: ranks of Typesense cannot be compared with.
 * Undefined for a cursor that names a row, or for none. Throws `BadCursor`.
 */
export function countedPlace(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const place = /^\["relevance",(\d{1,9})\]$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
  if (place === undefined) return undefined;
  if (Number(place) > DEEPEST) throw new BadCursor();
  return Number(place);
}

/** The cursor behind so many products. */
export function countedCursor(place: number): string {
  return encodeCursor(['relevance', place]);
}
