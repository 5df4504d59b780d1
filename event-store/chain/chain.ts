/** The hash chain over the events of a log: each hash covers an event and the hash before it. Pure. */
import { hash } from 'node:crypto';
import type { StoredText } from '../port.ts';

/** What is hashed: all that a copy keeps, and nothing that it does not (position, time of storing). */
export type ChainedEvent = Omit<StoredText, 'position'>;

/** So many events from the start of the log have this hash (SHA-256, hexadecimal). */
export type ChainPoint = { readonly events: number; readonly hash: string };

export type Chain = {
  add(event: ChainedEvent): void;
  /** Events so far. */
  events(): number;
  point(): ChainPoint;
};

/** Before the first event. */
export const CHAIN_START: ChainPoint = { events: 0, hash: hash('sha256', 'souk event chain 1') };

const HASH_BYTES = 32;
const LENGTH_BYTES = 4;
const REVISION_BYTES = 8;
/** UTF-8 of one unit of a string, at most. */
const UNIT_BYTES = 3;

/**
 * Goes on from a point, with the event that follows it.
 *
 * SHA-256 over the hash before, the revision as eight bytes, and the UTF-8 of stream, id, type, data and metadata, each
 * after its length in four bytes: big-endian, so that no two events look alike, wherever one text ends and the next
 * begins. Data and metadata are the text they are stored as, personal fields sealed; an engine that keeps values gives the
 * same, as the log takes no text that differs from its own parse and stringify.
 */
export function createChain(from: ChainPoint = CHAIN_START): Chain {
  let { events } = from;
  let last: Buffer = Buffer.from(from.hash, 'hex');
  if (last.length !== HASH_BYTES) throw new RangeError('a hash of the chain is 64 hexadecimal digits');
  let scratch = Buffer.allocUnsafe(16 * 1024);
  return {
    add({ stream, revision, id, type, data, metadata }) {
      const texts = [stream, id, type, data, metadata];
      const most = texts.reduce(
        (sum, text) => sum + LENGTH_BYTES + text.length * UNIT_BYTES,
        HASH_BYTES + REVISION_BYTES,
      );
      if (most > scratch.length) scratch = Buffer.allocUnsafe(most);
      last.copy(scratch);
      let at = scratch.writeBigUInt64BE(BigInt(revision), HASH_BYTES);
      for (const text of texts) {
        const bytes = scratch.write(text, at + LENGTH_BYTES);
        at = scratch.writeUInt32BE(bytes, at) + bytes;
      }
      last = hash('sha256', scratch.subarray(0, at), 'buffer');
      events += 1;
    },
    events: () => events,
    point: () => ({ events, hash: last.toString('hex') }),
  };
}
