/** Turns what was thrown into a problem document: known ways of failing by name, everything else is our fault. */
import { HttpProblem, httpProblem, malformed, unavailable } from './problem.ts';

// Connection lost or refused, server starting or stopping, too many connections (SQLSTATE classes 08, 53, 57P), and
// tables that the process which makes them has not made yet (3F000, 42P01), as for a read API that was started first.
const AWAY_CODES =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENOENT|08...|53300|57P0.|3F000|42P01)$/;
const AWAY_NAMES = new Set(['OutcomeUnknown', 'LogUnavailable', 'TooContended', 'GatewayUnreachable']);
const AWAY_WORDS =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** Whether an engine is away: trying again later may help. Looks at causes too. */
export function isEngineAway(error: unknown): boolean {
  if (!(typeof error === 'object' && error !== null)) return false;
  const { name, code, message, cause, syscall } = error as Record<string, unknown>;
  if (typeof name === 'string' && AWAY_NAMES.has(name)) return true;
  // ENOENT counts only for a socket that is not there (a connect), not for a file.
  if (typeof code === 'string' && AWAY_CODES.test(code) && (code !== 'ENOENT' || syscall === 'connect')) return true;
  if (typeof message === 'string' && AWAY_WORDS.test(message)) return true;
  return cause !== undefined && isEngineAway(cause);
}

/** The problem a client is told; `expected` is false where it must be logged as a fault. */
export function problemOf(error: unknown): { readonly problem: HttpProblem; readonly expected: boolean } {
  if (error instanceof HttpProblem) return { problem: error, expected: true };
  const { name, actual } = (error ?? {}) as { name?: unknown; actual?: unknown };
  if (name === 'StaleRevision') {
    return { problem: stale(typeof actual === 'number' ? actual : undefined), expected: true };
  }
  if (name === 'BadCursor')
    return { problem: malformed('cursor is not one that this list gave. Start without it.'), expected: true };
  if (name === 'AppendTooLarge') {
    return {
      problem: httpProblem(413, 'too_large', 'This is more than one change may carry. Send less at once.'),
      expected: true,
    };
  }
  // An engine's own error, and no fault: somebody sealed the log, and knows.
  if (name === 'LogSealed') {
    const why = 'Nothing can be changed for the moment: the history of this shop is being moved. Try again shortly.';
    return { problem: unavailable(why, 5), expected: true };
  }
  if (isEngineAway(error)) {
    return {
      problem: unavailable('Something this needs is away at the moment. Try again shortly.', 2),
      expected: false,
    };
  }
  return {
    problem: httpProblem(
      500,
      'internal',
      'Something went wrong on our side. Try again; x-request-id tells us where to look.',
    ),
    expected: false,
  };
}

/** 412: the resource has moved on since it was read. */
export function stale(actual: number | undefined): HttpProblem {
  const at = actual === undefined ? '' : ` It is at revision ${actual}.`;
  return httpProblem(412, 'stale', `The resource changed since you read it.${at} Read it again and decide anew.`);
}
