/** Answers kept in memory for as long as the index stays the same: counts and readings of a query are asked again and again. */
import type { Reader } from '../read.ts';

const MOST = 1_000;

type Remembered = { version: number; readonly answers: Map<string, Promise<unknown>> };

// One index a pool: two shops in one process, as in tests, must not answer for each other.
const memories = new WeakMap<Reader, Remembered>();

/** The index's version now: it moves in the transaction of every change that a filter could see. */
export async function indexVersion(reader: Reader): Promise<number> {
  const { rows } = await reader.query<{ version: number }>({
    name: 'search-version',
    text: 'select version from projections.search_state',
  });
  return rows[0]?.version ?? 0;
}

/**
 * The answer to `question` at this version; asked once, also when many ask together. An answer read a moment later than
 * the version may be newer than it, never older.
 */
export function remembered<T>(
  reader: Reader,
  { version, question }: { readonly version: number; readonly question: string },
  ask: () => Promise<T>,
): Promise<T> {
  let memory = memories.get(reader);
  if (!memory || memory.version !== version) {
    memory = { version, answers: new Map() };
    memories.set(reader, memory);
  }
  const { answers } = memory;
  const known = answers.get(question) as Promise<T> | undefined;
  if (known !== undefined) return known;
  if (answers.size >= MOST) answers.delete(answers.keys().next().value ?? '');
  const answer = ask();
  answers.set(question, answer);
  answer.catch(() => answers.delete(question)); // The asker gets the error; the next one asks again.
  return answer;
}
