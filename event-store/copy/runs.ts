/** Cuts a page of the log into appends, and those into portions that are written at once. */
import { MAX_APPEND_BYTES, type NewEvent, type StoredEvent } from '../port.ts';
import { nameOf } from './compare-logs.ts';
import { CopyRefused } from './copy-refused.ts';
import type { Run } from './ordered-writer.ts';

/** Text of one portion at most; a single append may be longer. */
const PORTION_BYTES = 4 * MAX_APPEND_BYTES;

type Unplaced = Omit<StoredEvent, 'position'>;

/** Portions of runs, all in the order of the events. Throws `CopyRefused` where one is no event of a shop. */
export function portionsOf(events: readonly Unplaced[]): readonly (readonly Run[])[] {
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

function runsOf(events: readonly Unplaced[]): readonly OpenRun[] {
  const runs: OpenRun[] = [];
  for (const found of events) {
    assertObjects(found);
    const { stream, revision, id, type, data, metadata } = found;
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

/** Text that is no JSON is read as a string: copied as one it would not be what it was, and both logs would look alike. */
function assertObjects(event: Unplaced): void {
  if ([event.data, event.metadata].every((part) => typeof part === 'object' && part !== null)) return;
  throw new CopyRefused(
    `${nameOf(event)} holds what is no JSON object: another program wrote it, and it cannot be copied.`,
  );
}
