/** The whole log page by page, as a server searches it: where a page starts and ends is what checkpoints and errors come from. */
import type { Filter } from './filters.ts';
import { PAGE } from './filters.ts';
import type { Log } from './log.ts';
import type { LogRecord } from './log-record.ts';

/** As on the wire: a place with another prepare than commit lies behind the record before it. */
export type Place = { readonly commit: number; readonly prepare: number };

export const START: Place = { commit: 0, prepare: 0 };

export type Page = {
  readonly records: readonly LogRecord[];
  /** Events that were looked at, the log's own hidden ones among them. */
  readonly considered: number;
  /** Index in the log of what comes after the page, and the place of it. */
  readonly nextIndex: number;
  readonly next: Place;
  /** The search came upon the end; a page that was full before has not. */
  readonly end: boolean;
};

/** @param index of the first record to look at @param place what the page starts at, as the server says it */
export function pageForwards(log: Log, index: number, place: Place, filter?: Filter): Page {
  const records: LogRecord[] = [];
  const window = filter?.window ?? Number.POSITIVE_INFINITY;
  const visible = log.visible();
  let considered = 0;
  let at = index;
  let next = place;
  let end = false;
  while (records.length < PAGE && considered < window) {
    const record = at < visible ? log.records[at] : undefined;
    if (!record) {
      end = true;
      break;
    }
    at += 1;
    considered += 1;
    next = { commit: record.next, prepare: 0 };
    if (filter ? filter.accepts(record) : record.bytes !== null) records.push(record);
  }
  return { records, considered, nextIndex: at, next, end };
}

/** The first record at a place or behind it; undefined where no record begins there. */
export function indexForwards(log: Log, { commit, prepare }: Place): number | undefined {
  const index = lowerBound(log, commit);
  const last = log.records[log.visible() - 1];
  if (!last || commit > last.position) return log.visible();
  if (log.records[index]?.position !== commit) return undefined;
  return prepare <= commit ? index : index + 1;
}

/** How many records lie wholly before a place; undefined where no record ends there. */
export function countBackwards(log: Log, { commit }: Place): number | undefined {
  const count = lowerBound(log, commit);
  const boundary = count === 0 ? 0 : log.records[count - 1]?.next;
  return boundary === commit ? count : undefined;
}

/** The number of committed records before a position. */
export function lowerBound(log: Log, position: number): number {
  let low = 0;
  let high = log.visible();
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log.records[middle]?.position ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
