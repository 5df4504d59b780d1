/** "As of a time" is the log up to the first event recorded after it. */
import type { EventStore, Position } from './port.ts';
import { scanLog } from './scan.ts';

/**
 * The last position as of a time (RFC 3339, UTC, milliseconds); null: nothing had happened. Reads the log from its start:
 * events are in the order of their appends, and only nearly in that of their writers' clocks.
 */
export async function positionAsOf(
  store: EventStore,
  time: string,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (at: Position) => void } = {},
): Promise<Position | null> {
  const { signal, onProgress } = options;
  let last: Position | null = null;
  for await (const events of scanLog(store, { after: null, signal })) {
    const later = events.findIndex(({ metadata }) => metadata.recordedAt > time);
    if (later >= 0) return events[later - 1]?.position ?? last;
    last = events.at(-1)?.position ?? last;
    if (last !== null) onProgress?.(last);
  }
  return last;
}
