/** Calls a route's handler with what was checked, under ids that a repeat has again. */
import { derivedId } from '../ids.ts';
import type { WorkRecord } from './idempotency.ts';
import { header } from './request-headers.ts';
import type { Answer, Caller, Refusal, RouteRequest } from './route.ts';
import type { Admitted } from './served.ts';

type Sent = { readonly body: unknown; readonly rawBody: Buffer | undefined };

/** Runs the handler; a list in `If-Match` is tried at the revision the resource turned out to have. */
export async function runHandler(admitted: Admitted, sent: Sent, work: WorkRecord): Promise<Answer | Refusal> {
  const revisions = admitted.ifMatch;
  const request = routeRequest(admitted, sent, work);
  try {
    return await admitted.route.handler({ ...request, ifMatch: revisions?.[0] });
  } catch (error) {
    // Stale means that nothing was appended, and the second run has the same ids: it cannot take effect twice.
    const actual = staleAt(error);
    if (actual === undefined || revisions?.slice(1).includes(actual) !== true) throw error;
    return admitted.route.handler({ ...request, ifMatch: actual });
  }
}

function routeRequest(
  admitted: Admitted,
  sent: Sent,
  work: WorkRecord,
): Omit<RouteRequest<unknown, unknown, unknown>, 'ifMatch'> {
  const { subject, request } = admitted;
  return {
    params: admitted.checked.params,
    query: admitted.checked.query,
    body: sent.body,
    rawBody: sent.rawBody,
    caller: subject.caller,
    cartTokenHash: subject.cartTokenHash,
    waitFor: admitted.waitFor,
    preferWait: admitted.preferWait,
    commandId: work.commandId,
    issuedAt: work.issuedAt,
    correlationId: admitted.ids.correlationId,
    actor: actorOf(subject.caller),
    traceparent: admitted.ids.traceparent,
    newId: (label) => derivedId(work.issuedAt, work.commandId, label),
    signal: admitted.signal,
    ip: request.ip ?? '',
    header: (name) => header(request, name),
  };
}

function actorOf(caller: Caller): string {
  return caller.kind === 'user' ? `user:${caller.userId}` : caller.kind;
}

function staleAt(error: unknown): number | undefined {
  const { name, actual } = (error ?? {}) as { name?: unknown; actual?: unknown };
  return name === 'StaleRevision' && typeof actual === 'number' ? actual : undefined;
}
