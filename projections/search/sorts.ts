/** The orders a listing can have; each is total, so that a cursor names one place in it. */
import { decodeCursor } from '../read.ts';
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
  /** What a cursor keeps of a row. */
  readonly key: (row: Readonly<Record<string, unknown>>) => readonly (string | number)[];
};

/** Throws `BadCursor` where the cursor is of another sort. */
export function sortedBy(
  sort: Sort,
  { bind }: Binder,
  options: { readonly cursor: string | undefined; readonly tsquery: string | null },
): Sorted {
  const { direction, columns, kinds } = ORDERS[sort];
  // The sort's name is part of the cursor: a place in one order means nothing in another.
  const [, ...values] = options.cursor === undefined ? [] : checked(sort, options.cursor, kinds);
  const places = values.map((value, at) => `${bind(value)}${kinds[at] === 'number' ? castOf(columns[at]) : ''}`);
  return {
    rank: sort === 'relevance' ? RANK.replace('$QUERY', bind(options.tsquery)) : undefined,
    orderBy: columns.map((column) => `${column} ${direction}`).join(', '),
    after:
      places.length === 0
        ? 'true'
        : `(${columns.join(', ')}) ${direction === 'asc' ? '>' : '<'} (${places.join(', ')})`,
    key: (row) => [sort, ...columns.map((column) => row[column] as string | number)],
  };
}

function castOf(column: string | undefined): string {
  return column === 'rank' ? '::float8' : column === 'rating' ? '::real' : '::bigint';
}

function checked(sort: Sort, cursor: string, kinds: Order['kinds']): (string | number)[] {
  const values = decodeCursor(cursor, ['string', ...kinds]);
  return values[0] === sort ? values : decodeCursor('', []);
}
