/** Ids: UUIDv7 (RFC 9562), fresh or derived, and name-based ids for events. */
import { createHash } from 'node:crypto';
import { v5, v7 } from 'uuid';

/** A fresh UUIDv7: sorts by the time it was made. */
export function newId(): string {
  return v7();
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
