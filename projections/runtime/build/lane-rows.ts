/** The rows of one lane in memory while it is filled: what was folded and is not written yet, and what was written lately. */
import type { Reader } from '../../read.ts';
import type { Stamped } from '../fold.ts';
import type { Lane } from '../lanes.ts';
import { loadStatement } from '../table.ts';

/** What the table has to be told: rows it does not have, rows it has otherwise, and keys of rows that are no more. */
export type Unwritten = {
  readonly insert: readonly Stamped[];
  readonly update: readonly Stamped[];
  readonly gone: readonly string[];
};

export type LaneRows = {
  /** Rows as they stand, of all keys that were made ready; a key without one has no row. */
  readonly rows: ReadonlyMap<string, Stamped>;
  /** Makes keys ready: what is not in memory is read from the table, unless nothing can be there. */
  ready(reader: Reader, keys: ReadonlySet<string>): Promise<void>;
  put(rows: readonly Stamped[], gone: readonly string[]): void;
  /** What changed since the last time. It counts as written: whoever fails to write it starts anew from the table. */
  take(): Unwritten;
};

/** Rows of a lane kept in memory after they were written: those that change often need not be read again. */
const KEPT = 4_000;

export function createLaneRows({ projection, generation, stored }: Lane): LaneRows {
  const { keyColumn } = projection;
  const rows = new Map<string, Stamped>();
  /** Of every key that is ready: whether the table has a row of it. Those written last stand at the end. */
  const inTable = new Map<string, boolean>();
  const changed = new Set<string>();
  // An empty table need not be asked, until it has rows that are not remembered.
  let isAllKnown = stored === null;

  const forgetOldest = (): void => {
    for (const [key, isThere] of inTable) {
      if (inTable.size <= KEPT) return;
      inTable.delete(key);
      rows.delete(key);
      if (isThere) isAllKnown = false;
    }
  };

  return {
    rows,
    async ready(reader, keys) {
      const missing = [...keys].filter((key) => !inTable.has(key));
      if (missing.length === 0) return;
      for (const key of missing) inTable.set(key, false);
      if (isAllKnown) return;
      const { rows: found } = await reader.query<Stamped>({
        name: `load-${generation.schema}`,
        text: loadStatement(projection, generation.schema),
        values: [missing],
      });
      for (const row of found) {
        const key = String(row[keyColumn]);
        rows.set(key, row);
        inTable.set(key, true);
      }
    },
    put(put, gone) {
      for (const row of put) {
        const key = String(row[keyColumn]);
        rows.set(key, row);
        changed.add(key);
      }
      for (const key of gone) {
        rows.delete(key);
        changed.add(key);
      }
    },
    take() {
      const unwritten = { insert: [] as Stamped[], update: [] as Stamped[], gone: [] as string[] };
      for (const key of changed) {
        const row = rows.get(key);
        const isThere = inTable.get(key) === true;
        if (row) unwritten[isThere ? 'update' : 'insert'].push(row);
        else if (isThere) unwritten.gone.push(key);
        inTable.delete(key);
        inTable.set(key, row !== undefined);
      }
      changed.clear();
      forgetOldest();
      return unwritten;
    },
  };
}
