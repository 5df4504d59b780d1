/** What people read to each other on the phone: short, without letters that look alike, and following from the id. */
import { createHash } from 'node:crypto';

// Crockford's base 32: no I, L, O or U.
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Like `7QK3-M2XD-90TB`: 60 bits, so that two orders share one in a billion only by a chance of one in two. */
export function orderNumber(orderId: string): string {
  const hash = createHash('sha256').update(orderId).digest();
  const digits = [...hash.subarray(0, 12)].map((byte) => DIGITS[byte % 32]).join('');
  return `${digits.slice(0, 4)}-${digits.slice(4, 8)}-${digits.slice(8)}`;
}
