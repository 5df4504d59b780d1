/** All rows of all read models, for tests that compare two ways of building them. */

import { allProjections } from '../all.ts';
import type { Reader } from '../read.ts';
import { tableOf } from '../runtime/table.ts';

const DERIVED = ['projections.search_documents', 'projections.search_terms'];

/** Rows by table, in the order of their first columns. */
export async function dumpRows(reader: Reader): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {};
  for (const table of [...allProjections.map(tableOf), ...DERIVED]) {
    dump[table] = (await reader.query(`select * from ${table} order by 1, 2`)).rows;
  }
  return dump;
}
