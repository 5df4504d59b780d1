/** What the kit asks of an access policy: the table itself is the shop's, and handed in. */
import type { Caller } from './route.ts';

/** Who asks, and with which cart token in hand. */
export type Subject = { readonly caller: Caller; readonly cartTokenHash: string | undefined };

export type Verdict = 'allowed' | 'unauthenticated' | 'forbidden' | 'not_found';

/** `path` is the route's pattern (`/carts/{cartId}`); names of parameters do not matter. */
export type RouteRef = { readonly method: string; readonly path: string };

export type AccessPolicy<F> = {
  /** Deny by default: a route the table does not know is refused at start. */
  knows(route: RouteRef): boolean;
  /** What can be said without the resource; `depends` names the kind of facts the rest depends on. */
  early(route: RouteRef, subject: Subject): Verdict | { readonly depends: string };
  /** The rest; undefined facts: no such resource. */
  late(route: RouteRef, subject: Subject, facts: F | undefined): Verdict;
  /** What a caller may be told, for the API's description. */
  refusals(route: RouteRef): readonly Exclude<Verdict, 'allowed'>[];
  /** Credentials are neither needed nor looked at (sign-in itself, webhooks): a stale token must not be in the way. */
  ignoresCredentials(route: RouteRef): boolean;
};

/** Loads, by kind, whose a resource is; undefined where it does not exist. */
export type FactLoaders<F> = Readonly<
  Record<string, (params: Readonly<Record<string, string>>, subject: Subject) => Promise<F | undefined>>
>;

export type Access<F = unknown> = { readonly policy: AccessPolicy<F>; readonly facts: FactLoaders<F> };
