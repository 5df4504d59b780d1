/** A time in a query. */
import { z } from 'zod';
import { parseInstant } from '../domain/instant.ts';

/** RFC 3339, handed on as the log writes it; a date alone is its first moment. */
export function queryInstant() {
  return z
    .string()
    .meta({ format: 'date-time' })
    .transform((value, context) => {
      const time = parseInstant(value);
      if (time !== undefined) return time;
      context.addIssue({ code: 'custom', message: 'must be a time as 2026-11-22T12:00:00Z, or a date' });
      return z.NEVER;
    });
}
