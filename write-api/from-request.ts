/** From a request to what use cases take. */
import type { CommandContext, HandleOptions } from '../commands/runtime/types.ts';
import { unauthenticated } from '../platform/http/problem.ts';
import type { RouteRequest } from '../platform/http/route.ts';

type Asked = RouteRequest<unknown, unknown, unknown>;

/** Who asks, when and under which id; a repeat has the same. */
export function contextOf(request: Asked): CommandContext {
  const { commandId, issuedAt, actor, correlationId, traceparent } = request;
  return { commandId, issuedAt, actor, correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
}

/** The same for what is done to a cart: a guest is known by the cart alone. */
export function guestContextOf(request: Asked, cartId: string): CommandContext {
  const context = contextOf(request);
  return request.caller.kind === 'user' ? context : { ...context, actor: `guest:${cartId}` };
}

/** `If-Match`, where there is one. */
export function matchOf({ ifMatch }: Asked): HandleOptions {
  return ifMatch === undefined ? {} : { expectedRevision: ifMatch };
}

/** Who is signed in. The access policy lets nobody else come here: to get past it without an account is a bug. */
export function userIdOf({ caller }: Asked): string {
  if (caller.kind !== 'user') throw unauthenticated();
  return caller.userId;
}
