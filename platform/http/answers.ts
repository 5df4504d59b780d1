/** Answers and refusals of handlers as the bytes and headers that go out, and on a repeat go out again. */
import { entityTag } from './conditional.ts';
import type { StoredAnswer } from './idempotency.ts';
import type { PositionTokens } from './kit.ts';
import { type HttpProblem, httpProblem, notFound } from './problem.ts';
import type { Answer, Refusal } from './route.ts';

const STATUS_OF = { conflict: 409, invalid: 422, forbidden: 403, not_found: 404 } as const;

export function isRefusal(value: Answer | Refusal): value is Refusal {
  return (value as { rejected?: unknown }).rejected === true;
}

/** A rule's refusal as a problem: its own code and members; the field to blame in `errors`. */
export function problemOfRefusal(refusal: Refusal): HttpProblem {
  const { kind, code, detail, pointer, extra } = refusal;
  if (kind === 'not_found' && code === 'not_found' && detail === '') return notFound();
  return httpProblem(STATUS_OF[kind], code, detail, {
    ...(pointer === undefined ? {} : { errors: [{ pointer, code, detail }] }),
    ...(extra === undefined ? {} : { extra }),
  });
}

/** What a problem looks like on the wire. */
export function renderProblem({ problem, headers }: HttpProblem): StoredAnswer {
  return {
    status: problem.status,
    headers: { ...headers, 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(problem),
  };
}

/** What an answer looks like on the wire: with its `ETag` and its `Souk-Position`; `write` is told where it is not JSON. */
export function renderAnswer(
  answer: Answer,
  positions: PositionTokens,
  write: (body: unknown) => string = JSON.stringify,
): StoredAnswer {
  const body = answer.body === undefined ? '' : write(answer.body);
  const headers: Record<string, string> = { ...lowerCase(answer.headers ?? {}) };
  if (body !== '') headers['content-type'] ??= 'application/json; charset=utf-8';
  if (answer.revision !== undefined && body !== '') headers.etag = entityTag(answer.revision, body);
  if (answer.position !== undefined && answer.position !== null) {
    headers['souk-position'] = positions.format(answer.position);
  }
  return { status: answer.status, headers, body };
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
