/** What an API is made of: its routes, and what the kit needs to serve them. */
import type { Logger } from '../logging/logger.ts';
import type { HttpMetrics } from '../telemetry/http-metrics.ts';
import type { Access } from './access.ts';
import type { IdempotencyStore } from './idempotency.ts';
import type { OpenRequests } from './open-requests.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Caller, RouteDefinition } from './route.ts';

/** What a request brings to prove who calls. */
export type Credentials = {
  readonly authorization: string | undefined;
  /** `?ticket=` of a stream. */
  readonly ticket: string | undefined;
  /** SHA-256 in hex of `Souk-Cart-Token`. */
  readonly cartTokenHash: string | undefined;
};

/** Anonymous where nothing was brought; throws 401 where what was brought does not prove anything. */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;

/** Positions as clients see them: opaque, tied to the log. */
export type PositionTokens = {
  format(position: string): string;
  /** Undefined for what this log never gave out. */
  parse(token: string): string | undefined;
};

/**
 * Waits until these projections have reached a position; `at` is where the slowest of them is. `parked`: what is waited for
 * could not be applied there, and will not be before people have seen to it.
 */
export type WaitFor = (
  projections: readonly string[],
  position: string,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<{
  readonly reached: boolean;
  readonly at: string | null;
  readonly parked?: { readonly projection: string; readonly key: string; readonly id: string };
}>;

export type AppOptions = {
  readonly routes: readonly RouteDefinition[];
  /**
   * Routes that another process of the shop serves behind the same gateway: described, and known to 405, as if the two
   * were one.
   */
  readonly elsewhere?: readonly RouteDefinition[];
  /** Health and metrics: neither limited nor shed; `/openapi.json` and `/docs` are added to them. */
  readonly operations?: readonly RouteDefinition[];
  // biome-ignore lint/suspicious/noExplicitAny: what facts are is between the policy and its loaders
  readonly access: Access<any>;
  readonly authenticate: Authenticate;
  /** Needed as soon as one route writes. */
  readonly idempotency?: IdempotencyStore;
  readonly positions: PositionTokens;
  /** Needed as soon as one route reads projections. */
  readonly waitFor?: WaitFor;
  readonly logger: Logger;
  readonly metrics?: HttpMetrics;
  readonly corsOrigins: readonly string[];
  /** `off` for tests (RATE_LIMIT=off). */
  readonly rateLimit: RateLimiter | 'off';
  /** Requests in hand at once before more are turned away with 503 (1000). */
  readonly maxInFlight?: number;
  /** Proxies of our own in front (0): the client's address is that many from the end of X-Forwarded-For. */
  readonly trustProxy?: number;
  /** Shown in /openapi.json. */
  readonly api: { readonly title: string; readonly version: string; readonly publicUrl?: string };
};

/** What the kit keeps besides: the requests in hand. */
export type Kit = AppOptions & { readonly requests: OpenRequests };
