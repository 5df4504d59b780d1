/** Read models that count: a row that missed an event, or was written over by one who slept, is seen by its sum. */
import { defineProjection, type Projection } from '../runtime/types.ts';

type CountRow = { readonly id: string; readonly seen: number; readonly sum: number };

/** One of several, all of the same events and each with lanes of its own. */
export function counting(name: string, version = 1): Projection {
  return defineProjection<'StockAdjusted', CountRow>({
    name,
    version,
    table: name,
    keyColumn: 'id',
    category: 'inventory',
    columns: { id: 'text', seen: 'integer', sum: 'integer' },
    wants: ['StockAdjusted'],
    keys: (event) => [event.data.variantId],
    project: (event, row, id) => ({ id, ...countIn(row, event.id) }),
  }) as Projection;
}

export const COUNTING = ['counts_a', 'counts_b', 'counts_c'].map((name) => counting(name));

/** A sum that does not depend on the order, and tells ids apart. */
export function countIn(row: Pick<CountRow, 'seen' | 'sum'> | undefined, id: string): Pick<CountRow, 'seen' | 'sum'> {
  return { seen: (row?.seen ?? 0) + 1, sum: ((row?.sum ?? 0) + Number.parseInt(id.slice(-7), 16)) % 0x7fffffff };
}
