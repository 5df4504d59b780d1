/** Faults are logged once, here, with the ids of the request; refusals are nobody's fault and are not. */
import type { Logger } from '../logging/logger.ts';
import { problemOf } from './faults.ts';
import type { HttpProblem } from './problem.ts';

/** The problem that the client is told of what was thrown. */
export function reported(logger: Logger, error: unknown): HttpProblem {
  const { problem, expected } = problemOf(error);
  if (!expected) logger.error({ err: error, status: problem.problem.status }, 'request failed');
  return problem;
}
