/** Fields of queries: text on the wire, checked and turned into what they mean. */
import { z } from 'zod';

/** A whole number in decimal digits; nothing else counts as one. */
export function queryInteger(range: { readonly min: number; readonly max: number }) {
  const error = `must be a whole number from ${range.min} to ${range.max}`;
  const schema = z.number({ error }).int({ error }).min(range.min, { error }).max(range.max, { error });
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value),
    schema,
  );
}

/** A number with up to three decimals. */
export function queryDecimal(range: { readonly min: number; readonly max: number }) {
  const error = `must be a number from ${range.min} to ${range.max}, with 3 decimals at most`;
  const schema = z.number({ error }).min(range.min, { error }).max(range.max, { error });
  return z.preprocess(
    (value) => (typeof value === 'string' && /^-?\d{1,12}(\.\d{1,3})?$/.test(value) ? Number(value) : value),
    schema,
  );
}

/** `true` or `false`. */
export function queryFlag() {
  const schema = z.boolean({ error: 'must be true or false' });
  return z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), schema);
}

/** Values joined by commas, each one of a set. */
export function queryNames<const T extends readonly [string, ...string[]]>(names: T) {
  return z.preprocess((value) => (typeof value === 'string' ? value.split(',') : value), z.array(z.enum(names)));
}

/** Every list takes these: 24 items unless said, 100 at most. */
export const pageQuery = {
  limit: queryInteger({ min: 1, max: 100 }).default(24),
  cursor: z.string().min(1).max(4_000).optional(),
};
