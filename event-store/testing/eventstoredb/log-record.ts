/** What the log is made of: records in order, and the streams that they stand in. */

export type LogRecord = {
  readonly id: string;
  readonly stream: string;
  readonly type: string;
  /** -1 for what stands in no stream that can be read. */
  readonly revision: number;
  readonly position: number;
  /** Where the next record begins. */
  readonly next: number;
  /** Unix time in milliseconds. */
  readonly created: number;
  /** The answer that carries it; null: readers step over it. */
  readonly bytes: Buffer | null;
};

export type LogStream = {
  readonly name: string;
  readonly records: LogRecord[];
  tombstoned: boolean;
  softDeleted: boolean;
  /** What the stream's metadata says: older events cannot be read. */
  truncateBefore: number;
  maxCount: number;
  maxAgeMs: number;
  metadata: Readonly<Record<string, unknown>>;
};
