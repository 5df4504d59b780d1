/** A request on its way through the kit, and what is known of it at each step. */
import type { Request, Response } from 'express';
import type { Subject } from './access.ts';
import type { Kit } from './kit.ts';
import type { RequestIds } from './request-ids.ts';
import type { RouteDefinition } from './route.ts';

export type Served = {
  readonly kit: Kit;
  readonly route: RouteDefinition;
  readonly request: Request;
  readonly response: Response;
  readonly params: Readonly<Record<string, string>>;
  readonly ids: RequestIds;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Counts against the caller's limit; throws 429. */
  readonly limit: (caller: string) => Promise<void>;
};

/** A request that got through the door. */
export type Admitted = Served & {
  readonly subject: Subject;
  readonly checked: { readonly params: unknown; readonly query: unknown };
  /** Revisions `If-Match` allows. */
  readonly ifMatch: readonly number[] | undefined;
  /** Position of `Souk-Wait-For`. */
  readonly waitFor: string | undefined;
  readonly preferWait: number | undefined;
  /** The part of the policy that needs the resource; throws 403 or 404. */
  readonly assertOwned: () => Promise<void>;
};
