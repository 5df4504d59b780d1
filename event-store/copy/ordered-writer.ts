/** How events come into the log that is copied to: in one order, whatever engine takes them. */
import type { EventStore, NewEvent } from '../port.ts';

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
   * then the first few of them may be written and no other: the same call again is safe.
   */
  write(runs: readonly Run[]): Promise<void>;
  close(): Promise<void>;
};

/**
 * Any engine: one append in flight. The next is sent only when the one before it is known to be written, so that no
 * failure can leave a hole.
 */
export function writeOneByOne(store: EventStore): OrderedWriter {
  return {
    async write(runs) {
      for (const { stream, expected, events } of runs) {
        await store.append(stream, events, expected === -1 ? 'no-stream' : expected);
      }
    },
    close: async () => undefined,
  };
}
