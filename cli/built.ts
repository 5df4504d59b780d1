/** Reading rows of read models that nobody may have built yet. */
import { isNotMade } from '../projections/runtime/not-made.ts';
import { CommandFailed, EXIT } from './exit.ts';

/** Tells in a sentence where the tables are not there. */
export async function built<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isNotMade(error)) throw error;
    throw new CommandFailed(EXIT.refused, 'The read models have not been built yet: start the shop once (npm start).');
  }
}
