/** All rows of all read models, for tests that compare two ways of building them. */

import { allProjections } from '../all.ts';
import type { Reader } from '../read.ts';

const DERIVED = ['search_documents', 'search_terms'];

/** Rows by table of the live generations, in the order of their first columns. */
export async function dumpRows(reader: Reader): Promise<Record<string, unknown[]>> {
  const dump: Record<string, unknown[]> = {};
  for (const table of [...allProjections.map((projection) => projection.table), ...DERIVED]) {
    dump[table] = (await reader.query(`select * from projections.${table} order by 1, 2`)).rows;
  }
  return dump;
}
