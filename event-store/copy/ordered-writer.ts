/** How events come into the log that is copied to: in one order, whatever engine takes them. */
import type { NewEvent } from '../port.ts';

/** Events that stand one after the other in the log and belong to one stream: one append. */
export type Run = {
  readonly stream: string;
  /** Revision the stream is at before it; -1: it does not exist. */
  readonly expected: number;
  readonly events: readonly NewEvent[];
};

export type OrderedWriter = {
  /**
   * Appends the runs so that they follow each other in the log as they are given. Throws as the port's `append` does;
   * then some of them may be written, and the same call again finds them and goes on. Throws `CopyRefused` where the
   * log took them in another order.
   */
  write(runs: readonly Run[]): Promise<void>;
  close(): Promise<void>;
};
