/** Reads of ops and analysts: who looks is noted before anything is shown. */
import type { JsonObject } from '../event-store/port.ts';
import type { Answer, Refusal, RouteRequest } from '../platform/http/route.ts';

/** What is looked at. Pages of one list are one look: where they go on is no part of the detail. */
export type Look = { readonly action: string; readonly subject: string; readonly detail?: JsonObject };

/** Who looks, when, and under which id: a command's context. */
type Context = Pick<RouteRequest<unknown, unknown, unknown>, 'commandId' | 'issuedAt' | 'correlationId' | 'actor'> & {
  readonly traceparent?: string;
};

/** Writes it to the audit log; throws where that cannot take it, and then nothing is shown. */
export type RecordLook = (look: Look & { readonly address: string }, context: Context) => Promise<unknown>;

type Handler<P, Q> = (request: RouteRequest<P, Q, unknown>) => Promise<Answer | Refusal>;

/** The handler behind an entry in the audit log. */
export function audited<P, Q>(
  record: RecordLook,
  lookOf: (request: RouteRequest<P, Q, unknown>) => Look,
  handler: Handler<P, Q>,
): Handler<P, Q> {
  return async (request) => {
    const { commandId, issuedAt, correlationId, actor, traceparent, ip: address } = request;
    const context = { commandId, issuedAt, correlationId, actor };
    await record({ ...lookOf(request), address }, traceparent === undefined ? context : { ...context, traceparent });
    return handler(request);
  };
}

/** What a list was filtered by, for the detail; filters that were not given are left out. */
export function given(filters: Readonly<Record<string, unknown>>): Pick<Look, 'detail'> {
  const detail = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
  return Object.keys(detail).length === 0 ? {} : { detail };
}
