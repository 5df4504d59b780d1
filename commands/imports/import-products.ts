/** Brings a seller's product file in, through the same use cases as the API. Safe to repeat: states tell what is done. */
import { isRejection } from '../../domain/rejection.ts';
import { newId } from '../../platform/ids.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { createCategoryPaths } from './category-paths.ts';
import { importRow, type RowResult } from './import-row.ts';
import { COLUMNS, isRowProblem, type ProductRow, parseProductRow, type RowProblem } from './product-row.ts';
import type { RawRow } from './read-product-rows.ts';

export type ImportReport = {
  readonly read: number;
  readonly added: number;
  readonly revised: number;
  readonly unchanged: number;
  readonly refused: readonly ({ readonly line: number } & RowProblem)[];
};

export type ImportOptions = {
  readonly sellerId: string;
  /** ISO 4217, for rows that name none. */
  readonly currency: string;
  /** Units received for a product that is added, for rows that say none. */
  readonly stock: number;
  /** Who imports: the actor of every command. */
  readonly actor: string;
  /** Told after each row. */
  readonly onRow?: () => void;
  /** Ends the import between two rows; what is done stays done, and the next run goes on. */
  readonly signal?: AbortSignal;
};

/** An engine went away, or another fault: what was done until then stays done, and the next run goes on. */
export class ImportStopped extends Error {
  readonly report: ImportReport;
  constructor(report: ImportReport, cause: unknown) {
    super(`The import stopped: ${(cause as { message?: string }).message ?? String(cause)}`, { cause });
    this.name = 'ImportStopped';
    this.report = report;
  }
}

/** Products at work at once: enough to fill the log's batches, few enough to leave room for shoppers. */
const CONCURRENCY = 48;

type Numbered = { readonly line: number; readonly row: ProductRow };

/** Imports all rows; a row that is refused does not stop the others. Throws `ImportStopped` at a fault. */
export async function importProducts(
  shop: Shop,
  rows: readonly RawRow[],
  options: ImportOptions,
): Promise<ImportReport> {
  const counts = { added: 0, revised: 0, unchanged: 0 };
  const refused: ({ line: number } & RowProblem)[] = [];
  const groups = byKey(rows, options, refused).values();
  const paths = createCategoryPaths(shop, () => contextOf(shop, options));
  const faults: unknown[] = [];
  const goesOn = () => !options.signal?.aborted && faults.length === 0;
  const settle = ({ line }: Numbered, result: RowResult) => {
    if (isRejection(result)) refused.push({ line, code: result.code, detail: result.detail });
    else counts[result] += 1;
    options.onRow?.();
  };
  const work = async () => {
    // All share one iterator: each takes the next product that nobody has.
    for (const group of groups) {
      // Rows of one product one after the other, in the file's order: the last one has the last word.
      for (const numbered of group) {
        if (!goesOn()) return;
        const import_ = { row: numbered.row, ...options, context: contextOf(shop, options), paths };
        settle(numbered, await importRow(shop, import_));
      }
    }
  };
  // All of them end before the answer: none may work on with engines that are being closed.
  await Promise.all(Array.from({ length: CONCURRENCY }, () => work().catch((fault) => faults.push(fault))));
  const report = { read: rows.length, ...counts, refused: refused.sort((a, b) => a.line - b.line) };
  if (faults.length > 0) throw new ImportStopped(report, faults[0]);
  return report;
}

/** Columns that no row of an import knows, each once. */
export function unknownColumns(rows: readonly RawRow[]): readonly string[] {
  const unknown = new Set<string>();
  for (const { row } of rows) {
    if (isUnreadable(row)) continue;
    for (const column of Object.keys(row))
      if (!COLUMNS.includes(column as (typeof COLUMNS)[number])) unknown.add(column);
  }
  return [...unknown];
}

/** The readable rows by the product they speak of; the others are refused here. */
function byKey(
  rows: readonly RawRow[],
  options: ImportOptions,
  refused: ({ line: number } & RowProblem)[],
): Numbered[][] {
  const groups = new Map<string, Numbered[]>();
  for (const { line, row: raw } of rows) {
    const row = isUnreadable(raw)
      ? { code: 'malformed', detail: raw.unreadable }
      : parseProductRow(raw, options.currency);
    if (isRowProblem(row)) {
      refused.push({ line, ...row });
      options.onRow?.();
      continue;
    }
    const group = groups.get(row.key);
    if (group) group.push({ line, row });
    else groups.set(row.key, [{ line, row }]);
  }
  return [...groups.values()];
}

function isUnreadable(row: RawRow['row']): row is { readonly unreadable: string } {
  return typeof (row as { unreadable?: unknown }).unreadable === 'string' && Object.keys(row).length === 1;
}

function contextOf(shop: Shop, options: ImportOptions): CommandContext {
  const commandId = newId();
  return { commandId, issuedAt: shop.now(), actor: options.actor, correlationId: commandId };
}
