/** Every append is sent with an exact revision; `any` is resolved to one, as repeats are only known at an exact place. */
import {
  type AppendResult,
  type ExpectedRevision,
  InvalidAppend,
  LogUnavailable,
  WrongExpectedRevision,
} from './port.ts';

export type ExactAppend = {
  /** The stream's revision; -1 where it does not exist. */
  revision(): Promise<number>;
  append(revision: number): Promise<AppendResult>;
};

const ANY_ATTEMPTS = 100;

/** Throws `InvalidAppend` for what is no revision, `LogUnavailable` when the stream moves on again and again. */
export async function appendExactly(
  stream: string,
  expected: ExpectedRevision,
  { revision, append }: ExactAppend,
): Promise<AppendResult> {
  if (expected !== 'any') return append(exact(expected));
  let current = await revision();
  for (let attempt = 0; attempt < ANY_ATTEMPTS; attempt += 1) {
    try {
      return await append(current);
    } catch (error) {
      if (!(error instanceof WrongExpectedRevision)) throw error;
      current = error.actual;
    }
  }
  throw new LogUnavailable(`stream ${stream} moved on ${ANY_ATTEMPTS} times: nothing was written, try again`);
}

/** What the port calls a revision of our own counting, in which -1 is a stream that does not exist. */
export function expectedOf(revision: number): number | 'no-stream' {
  return revision < 0 ? 'no-stream' : revision;
}

function exact(expected: number | 'no-stream'): number {
  if (expected === 'no-stream') return -1;
  if (!Number.isInteger(expected) || expected < 0) {
    throw new InvalidAppend(`an expected revision is 'no-stream', 'any' or a whole number from 0, not ${expected}`);
  }
  return expected;
}
