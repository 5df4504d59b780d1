/** Cursors of lists: opaque, signed, so that one that was made up or changed is refused and not obeyed. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { malformed } from './problem.ts';

export type CursorCodec = {
  /** `list` names the list and its filters: a cursor of another list is refused. */
  encode(list: string, place: unknown): string;
  /** Throws 400 for a cursor that this list did not give. */
  decode(list: string, cursor: string): unknown;
};

const MAC_BYTES = 16;

/** `key`: any secret that all API processes share. */
export function createCursorCodec(key: Buffer): CursorCodec {
  const mac = (list: string, body: Buffer): Buffer =>
    createHmac('sha256', key).update(`${list}\n`).update(body).digest().subarray(0, MAC_BYTES);
  return {
    encode(list, place) {
      const body = Buffer.from(JSON.stringify(place));
      return Buffer.concat([mac(list, body), body]).toString('base64url');
    },
    decode(list, cursor) {
      const bytes = /^[\w-]{24,2048}$/.test(cursor) ? Buffer.from(cursor, 'base64url') : Buffer.alloc(0);
      const body = bytes.subarray(MAC_BYTES);
      if (body.length === 0 || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(list, body))) {
        throw malformed('cursor is not one that this list gave with these filters. Start without it.');
      }
      return JSON.parse(body.toString('utf8'));
    },
  };
}
