/** Reading rows of read models that nobody may have built yet. */
import { errorCode } from '../platform/process/error-code.ts';
import { CommandFailed, EXIT } from './exit.ts';

/** `undefined_table`, and `invalid_schema_name` for the schema they are in. */
const MISSING = ['42P01', '3F000'];

/** Tells in a sentence where the tables are not there. */
export async function built<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!MISSING.includes(errorCode(error) ?? '')) throw error;
    throw new CommandFailed(EXIT.refused, 'The read models have not been built yet: start the shop once (npm start).');
  }
}
