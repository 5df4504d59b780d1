/** The string schemas every event and request shares: what cannot be stored everywhere is refused at the door. */
import { z } from 'zod';

// A lone surrogate is no Unicode character: Postgres, Typesense and UTF-8 itself refuse or replace it.
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

const NOT_STORABLE = 'must not contain NUL or lone surrogates';

function isStorable(value: string): boolean {
  return !value.includes('\u0000') && !LONE_SURROGATE.test(value);
}

/** Any other schema of strings, kept from what cannot be stored. */
export function storable<S extends z.ZodType<string, string>>(schema: S) {
  return schema.refine(isStorable, { error: NOT_STORABLE });
}

/** Any text of at most `max` UTF-16 code units, without NUL and without lone surrogates. */
export function text(max: number, min = 0) {
  return z.string().min(min).max(max).refine(isStorable, { error: NOT_STORABLE });
}

/** Text with something in it: trimmed, 1 to `max` code units. */
export function line(max: number) {
  return z.string().trim().min(1).max(max).refine(isStorable, { error: NOT_STORABLE });
}
