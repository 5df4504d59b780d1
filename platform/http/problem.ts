/** Problem details (RFC 9457): the one shape of every error a client meets. */
import { STATUS_CODES } from 'node:http';

export type FieldError = { readonly pointer: string; readonly code: string; readonly detail: string };

export type Problem = {
  /** Always `about:blank` (RFC 9457, 4.2.1): `title` is the status's phrase, `code` tells problems apart. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable and machine-readable. */
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
};

type Options = {
  readonly errors?: readonly FieldError[];
  /** Further members of the document; the standard ones cannot be overwritten. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Thrown by the kit's own steps; a rule refuses with a value instead. */
export class HttpProblem extends Error {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
  constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.detail);
    this.name = 'HttpProblem';
    this.problem = problem;
    this.headers = headers;
  }
}

/** Makes the problem that ends a request; `detail` says what to do about it. */
export function httpProblem(status: number, code: string, detail: string, options: Options = {}): HttpProblem {
  const problem: Problem = {
    ...options.extra,
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail,
    ...(options.errors === undefined ? {} : { errors: options.errors }),
  };
  return new HttpProblem(problem, options.headers);
}

/** 400: what was sent cannot be read. */
export const malformed = (detail: string, errors?: readonly FieldError[]): HttpProblem =>
  httpProblem(400, 'malformed', detail, errors === undefined ? {} : { errors });

/** 503: try again after `seconds`. */
export const unavailable = (detail: string, seconds: number): HttpProblem =>
  httpProblem(503, 'unavailable', detail, { headers: { 'retry-after': String(seconds) } });

export const notFound = (): HttpProblem =>
  httpProblem(404, 'not_found', 'There is nothing here, or nothing that is yours to see. Check the address.');

export const unauthenticated = (
  detail = 'Sign in and send the access token as Authorization: Bearer; a guest sends the Souk-Cart-Token of the cart.',
): HttpProblem =>
  httpProblem(401, 'unauthenticated', detail, { headers: { 'www-authenticate': 'Bearer realm="souk"' } });

export const forbidden = (detail = 'Your role does not allow this. Ask an administrator for it.'): HttpProblem =>
  httpProblem(403, 'forbidden', detail);
