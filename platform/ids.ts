/** Ids: UUIDv7 (RFC 9562), fresh or derived, and name-based ids for events. */
import { createHash, randomFillSync } from 'node:crypto';
import { v5, v7 } from 'uuid';

// Asking the system for sixteen bytes costs eight times as much as taking them out of four kilobytes asked for at once.
const chance = Buffer.alloc(4_096);
let taken = chance.length;
let msecs = 0;
let seq = 0;

/** A fresh UUIDv7: sorts by the time it was made; those of one process also within a millisecond (RFC 9562, 6.2). */
export function newId(): string {
  if (taken === chance.length) {
    randomFillSync(chance);
    taken = 0;
  }
  const random = chance.subarray(taken, taken + 16);
  taken += 16;
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // The upper half is left for counting: 31 random bits of the 32.
    seq = random.readUInt32BE(6) >>> 1;
  } else {
    // A clock put back counts on as well; where the counter is full, the next millisecond is taken early.
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs += 1;
  }
  return v7({ msecs, seq, random });
}

/**
 * A UUIDv7 that follows from its parts: the time in front, a hash of the parts where chance would stand. The same
 * command run again, on another machine or after a crash, makes the same id.
 */
export function derivedId(at: Date | string | number, ...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  return v7({ msecs: new Date(at).getTime(), random: hash.subarray(0, 16), seq: hash.readUInt32BE(16) });
}

const EVENT_NAMESPACE = '6f1d3c0a-5a0e-4b5e-9d0c-50756b000001';

/** Name-based id (version 5). */
export function nameId(...parts: readonly string[]): string {
  return v5(JSON.stringify(parts), EVENT_NAMESPACE);
}

/** The time inside a UUIDv7, in milliseconds since 1970. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
