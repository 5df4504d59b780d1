/** A time in a query. */
import { z } from 'zod';
import { parseInstant } from '../domain/instant.ts';

const error = 'must be a time as 2026-11-22T12:00:00Z, or a date';

/** RFC 3339, as the log writes it; a date alone is its first moment. */
export function queryInstant() {
  return z.preprocess(
    (value) => (typeof value === 'string' ? (parseInstant(value) ?? value) : value),
    z.iso.datetime({ error }),
  );
}
