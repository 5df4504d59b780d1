/** What goes wrong with Typesense, without what its client hangs on an error: headers with the API key, whole requests. */
import { errorCode, errorMessage } from '../process/error-code.ts';

/** Typesense refused a request, or could not be reached. */
export class TypesenseError extends Error {
  /** The HTTP status; undefined where no answer came. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined) {
    super(message);
    this.name = 'TypesenseError';
    this.status = status;
  }
}

/** The server cannot serve Souk as it is set up: another version or key is needed. */
export class TypesenseUnsuitable extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TypesenseUnsuitable';
  }
}

/** What the client threw, in words of our own. */
export function typesenseError(error: unknown): Error {
  const status = statusOf(error);
  if (status === 401 || status === 403) {
    return new TypesenseUnsuitable(
      'Typesense refuses TYPESENSE_API_KEY: give a key that may read and write collections, documents, aliases and synonyms, and see /debug',
    );
  }
  const code = errorCode(error);
  const said = errorMessage(error).replace(/^Request failed with HTTP code \d+ \| Server said: /, '');
  if (status === undefined) return new TypesenseError(`Typesense does not answer: ${said || code}`, undefined);
  return new TypesenseError(`Typesense answered ${status}: ${said}`, status);
}

/** Whether what was asked for is not there. */
export function isMissing(error: unknown): boolean {
  return error instanceof TypesenseError && error.status === 404;
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('httpStatus' in error)) return undefined;
  return typeof error.httpStatus === 'number' ? error.httpStatus : undefined;
}
