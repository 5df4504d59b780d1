/** Cuts a page of the log into appends, and those into portions that are written at once. */
import { MAX_APPEND_BYTES, type NewEvent, type StoredEvent } from '../port.ts';
import type { Run } from './ordered-writer.ts';

/** Text of one portion at most; a single append may be longer. */
const PORTION_BYTES = 4 * MAX_APPEND_BYTES;

/** Portions of runs, all in the order of the events. */
export function portionsOf(events: readonly StoredEvent[]): readonly (readonly Run[])[] {
  const portions: Run[][] = [];
  let portion: Run[] = [];
  let bytes = 0;
  for (const run of runsOf(events)) {
    if (portion.length > 0 && bytes + run.bytes > PORTION_BYTES) {
      portions.push(portion);
      portion = [];
      bytes = 0;
    }
    portion.push(run);
    bytes += run.bytes;
  }
  return portion.length > 0 ? [...portions, portion] : portions;
}

type OpenRun = { readonly stream: string; readonly expected: number; readonly events: NewEvent[]; bytes: number };

function runsOf(events: readonly StoredEvent[]): readonly OpenRun[] {
  const runs: OpenRun[] = [];
  for (const { stream, revision, id, type, data, metadata } of events) {
    const event = { id, type, data, metadata };
    const bytes = Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata));
    const last = runs.at(-1);
    if (last?.stream === stream && last.bytes + bytes <= MAX_APPEND_BYTES) {
      last.events.push(event);
      last.bytes += bytes;
    } else runs.push({ stream, expected: revision - 1, events: [event], bytes });
  }
  return runs;
}
