/** From what a use case hands back to what a client gets. */
import type { Outcome } from '../commands/outcome.ts';
import { isRejection, type Rejection } from '../domain/rejection.ts';
import type { Answer } from '../platform/http/route.ts';

/** 201 with the `Location` of what was made. */
export async function created<S>(
  result: Promise<Outcome<S> | Rejection>,
  location: (state: S) => string,
  body: (state: S) => unknown,
): Promise<Answer | Rejection> {
  const made = await result;
  if (isRejection(made)) return made;
  const headers = { location: location(made.state) };
  return { ...(await described(made, body)), status: 201, headers };
}

/** 200 with the resource as it then is. */
export async function changed<S>(
  result: Promise<Outcome<S> | Rejection>,
  body: (state: S) => unknown,
): Promise<Answer | Rejection> {
  const made = await result;
  return isRejection(made) ? made : described(made, body);
}

async function described<S>({ state, revision, position }: Outcome<S>, body: (state: S) => unknown): Promise<Answer> {
  return { status: 200, body: await body(state), revision, position };
}
