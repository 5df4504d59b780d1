/** The ids that a server remembers of late: its cache is bounded, and a restart empties it. */
import type { LogRecord } from './log-record.ts';

export type RecentIds = {
  add(record: LogRecord): void;
  get(id: string): LogRecord | undefined;
  clear(): void;
};

/**
 * @param atLeast how many ids are remembered; up to twice as many are, since the older half is forgotten at once: taking
 * the oldest out of a Map one by one steps over all that were taken out before.
 */
export function rememberIds(atLeast: number): RecentIds {
  let younger = new Map<string, LogRecord>();
  let older = new Map<string, LogRecord>();
  return {
    add(record) {
      if (younger.size >= atLeast) {
        older = younger;
        younger = new Map();
      }
      younger.set(record.id, record);
    },
    get: (id) => younger.get(id) ?? older.get(id),
    clear() {
      younger.clear();
      older.clear();
    },
  };
}
