/** What a route is: data that the HTTP kit serves, checks and documents. One definition is validation, types and OpenAPI. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';

/** Who calls, as far as was proved. Roles are as they are now, not as they were when the token was made. */
export type Caller =
  | { readonly kind: 'user'; readonly userId: string; readonly roles: readonly string[]; readonly sessionId: string }
  /** Holds a cart token: proves a cart and the order that came of it. `tokenHash` is SHA-256 in hex. */
  | { readonly kind: 'guest'; readonly tokenHash: string }
  | { readonly kind: 'anonymous' };

/** What a handler gets. Everything in it was checked against the route's schemas. */
export type RouteRequest<P, Q, B> = {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  /** Also of a signed-in caller who sends one: SHA-256 in hex of `Souk-Cart-Token`. */
  readonly cartTokenHash: string | undefined;
  /** Revision named by `If-Match`. */
  readonly ifMatch: number | undefined;
  /**
   * Position of `Souk-Wait-For`. The projections in `reads` have reached it already; a read that also asks an engine
   * which is not among them sees to it itself.
   */
  readonly waitFor: string | undefined;
  /** Seconds of `Prefer: wait=n`. */
  readonly preferWait: number | undefined;
  /** First of the request, or the idempotency record's: a repeat has the same. */
  readonly commandId: string;
  /** When the request was first made; a repeat has the same. RFC 3339, UTC. */
  readonly issuedAt: string;
  readonly correlationId: string;
  /** `user:{id}`, `guest` or `anonymous`. */
  readonly actor: string;
  readonly traceparent: string | undefined;
  /** A new UUIDv7 for what this request makes; the same label gives the same id, also in a repeat. */
  newId(label: string): string;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  readonly ip: string;
  readonly header: (name: string) => string | undefined;
  /** The body's bytes, for signatures. */
  readonly rawBody: Buffer | undefined;
};

/** A refusal of a rule, as the domain words it. Structural, so that the kit needs to know nothing of the shop. */
export type Refusal = {
  readonly rejected: true;
  readonly kind: 'conflict' | 'invalid' | 'forbidden' | 'not_found';
  readonly code: string;
  readonly detail: string;
  readonly pointer?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
};

export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of `body`: an open stream (SSE) or bytes with their type. */
  readonly stream?: { readonly type: string; readonly from: Readable | AsyncIterable<string> };
  readonly headers?: Readonly<Record<string, string>>;
  /** Highest position of any event this answer speaks of: `Souk-Position`. */
  readonly position?: string | null;
  /** Revision of the resource's stream: with a digest of the body it makes the `ETag`. */
  readonly revision?: number;
};

export type RouteResponse = {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** The codes of its problem documents, where the status is an error's. */
  readonly codes?: readonly string[];
  /** Headers of this route alone that it may have, named as in the OpenAPI document. */
  readonly headers?: readonly string[];
};

export type RouteDefinition<P = unknown, Q = unknown, B = unknown> = {
  readonly method: 'get' | 'post' | 'patch' | 'put' | 'delete';
  /** OpenAPI style: `/carts/{cartId}/items`. */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** What may be answered beside the problems every route can have. */
  readonly responses: Readonly<Record<number, RouteResponse>>;
  /** Writes accept an `Idempotency-Key` unless said; `required` where money moves; `none` for `/auth/*` and webhooks. */
  readonly idempotency?: 'required' | 'accepted' | 'none';
  /** Media types of its good answers, where they are not JSON: `text/event-stream`. */
  readonly produces?: readonly string[];
  /** Lists that are also answered as CSV by `Accept: text/csv`: its columns, which are fields of `items` in the body. */
  readonly csv?: readonly string[];
  /** Reads: the projections it really reads; `Souk-Wait-For` waits for these and no others. */
  readonly reads?: readonly string[];
  // A method, not a property: its parameter is then compared both ways, and routes of all types fit in one list.
  handler(request: RouteRequest<P, Q, B>): Promise<Answer | Refusal>;
};

/** Keeps the types of the schemas for the handler. */
export function defineRoute<P, Q, B>(route: RouteDefinition<P, Q, B>): RouteDefinition<P, Q, B> {
  return route;
}
