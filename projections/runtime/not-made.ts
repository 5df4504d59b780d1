/** Read models that nobody has made yet: whoever asks about them finds no tables. */
import { errorCode } from '../../platform/process/error-code.ts';

/** `undefined_table`, and `invalid_schema_name` for the schema they are in. */
const MISSING = ['42P01', '3F000'];

/** Whether a statement failed because no process ever kept rows in this database. */
export function isNotMade(error: unknown): boolean {
  return MISSING.includes(errorCode(error) ?? '');
}
