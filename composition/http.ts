/** The HTTP half of a process: the routes of its roles on one socket, with health, metrics and the API's description. */
import { recordRead } from '../commands/operations/record-operation.ts';
import { createLoginThrottle } from '../commands/sessions/login-throttle.ts';
import { createSessionStore, type SessionStore } from '../commands/sessions/session-store.ts';
import { accessPolicy } from '../domain/access/judge.ts';
import type { OwnerFacts } from '../domain/access/policy.ts';
import { userDecider } from '../domain/users/decide.ts';
import type { LogIdentity, Position } from '../event-store/port.ts';
import { formatToken, parseToken } from '../event-store/token.ts';
import { createAccessTokens } from '../platform/auth/access-tokens.ts';
import { createAuthenticate } from '../platform/auth/authenticate.ts';
import { streamTicketRoute } from '../platform/auth/stream-ticket-route.ts';
import { createStreamTickets } from '../platform/auth/stream-tickets.ts';
import { deriveKey } from '../platform/config/master-key.ts';
import type { FactLoaders } from '../platform/http/access.ts';
import { createCursorCodec } from '../platform/http/cursors.ts';
import { type HealthCheck, healthRoutes } from '../platform/http/health.ts';
import type { AppOptions, PositionTokens } from '../platform/http/kit.ts';
import { createPostgresIdempotencyStore } from '../platform/http/postgres-idempotency-store.ts';
import {
  memoryRateLimiter,
  postgresRateLimiter,
  type RateLimiter,
  redisRateLimiter,
} from '../platform/http/rate-limiter.ts';
import type { RouteDefinition } from '../platform/http/route.ts';
import { createHttpServer, type HttpServer } from '../platform/http/server.ts';
import type { HttpMetrics } from '../platform/telemetry/http-metrics.ts';
import { metricsRoute } from '../platform/telemetry/metrics-route.ts';
import type { ProjectionRuntime } from '../projections/runtime/runtime.ts';
import { findUser } from '../projections/users/queries.ts';
import { ownerFacts as readFacts } from '../read-api/owner-facts.ts';
import { cartPricer } from '../read-api/price-cart.ts';
import { readRoutes } from '../read-api/routes.ts';
import { waitForProjections } from '../read-api/wait-for.ts';
import { ownerFacts as writeFacts } from '../write-api/owner-facts.ts';
import { writeRoutes } from '../write-api/routes.ts';
import type { Engines } from './engines.ts';
import { parkedWishes, projectionWishes } from './projection-wishes.ts';
import { createControl } from './projections.ts';
import type { ReadModels } from './read-models.ts';
import type { RunningShop } from './shop.ts';

/** Requests a caller may make in a minute: far above what a person does, far below what a script can. */
const RATE_LIMIT = { limit: 1_200, windowS: 60 } as const;

export type HttpParts = {
  readonly engines: Engines;
  readonly models: ReadModels;
  readonly running: RunningShop;
  /** Which APIs this process serves beside health and metrics. */
  readonly apis: { readonly write: boolean; readonly read: boolean };
  /** Where the projections run in this process: waits are then answered from memory. */
  readonly projections: ProjectionRuntime;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  readonly metrics: HttpMetrics;
  readonly version: string;
};

/** Listens; throws where the port is taken, saying what to do. */
export async function startHttp(parts: HttpParts): Promise<HttpServer> {
  const { config, logger, store } = parts.engines;
  const sessions = await createSessionStore(parts.engines.database);
  const positions = positionTokens(await store.identity());
  const waitFor = waitForProjections(parts.projections.waitFor);
  const api = { title: 'Souk', version: parts.version, publicUrl: config.publicUrl };
  const routes = await routesOf(parts, { sessions, positions, waitFor });
  const options: AppOptions = {
    ...routes.api,
    operations: [...healthRoutes(parts.checks), metricsRoute(parts.metrics)],
    access: { policy: accessPolicy, facts: factsOf(parts) },
    authenticate: createAuthenticate({
      tokens: routes.tokens,
      tickets: routes.tickets,
      rolesOf: rolesOf(parts),
      isLive: (sessionId) => sessions.isLive(sessionId),
    }),
    idempotency: await createPostgresIdempotencyStore({
      database: parts.engines.database,
      masterKey: parts.engines.masterKey,
    }),
    positions,
    waitFor,
    logger,
    metrics: parts.metrics,
    corsOrigins: config.corsOrigins,
    rateLimit: config.rateLimit ? await rateLimiterOf(parts.engines) : 'off',
    trustProxy: config.trustProxy,
    api,
  };
  return createHttpServer({ ...options, host: config.host, port: config.port });
}

/** Counted where all processes of the shop see it; a process that is the whole shop, without Redis, counts for itself. */
async function rateLimiterOf({ config, database, logger, redis, store }: Engines): Promise<RateLimiter> {
  if (redis) {
    const prefix = `souk:${(await store.identity()).logId}:`;
    return redisRateLimiter(RATE_LIMIT, { redis: redis.client, prefix, logger });
  }
  return config.role === 'all' ? memoryRateLimiter(RATE_LIMIT) : postgresRateLimiter(RATE_LIMIT, { database, logger });
}

type Shared = {
  readonly sessions: SessionStore;
  readonly positions: PositionTokens;
  readonly waitFor: ReturnType<typeof waitForProjections>;
};

async function routesOf({ engines, models, running, apis, projections }: HttpParts, shared: Shared) {
  const { database, masterKey, store } = engines;
  const tokens = createAccessTokens({ masterKey });
  const tickets = await createStreamTickets(database);
  const { shop, tail } = running;
  const write = (): readonly RouteDefinition[] =>
    writeRoutes({
      shop,
      sessions: shared.sessions,
      throttle: createLoginThrottle(database),
      tokens,
      wishProjection: projectionWishes(createControl(engines, models)),
      wishParked: parkedWishes(engines),
    });
  const read = (): readonly RouteDefinition[] =>
    readRoutes({
      reader: database.pool,
      ...models,
      log: store,
      positions: shared.positions,
      cursors: createCursorCodec(deriveKey(masterKey, 'cursors')),
      priceCart: cartPricer(shop.pricing),
      waitFor: shared.waitFor,
      onEvents: tail.onEvents,
      recordLook: (look, context) => recordRead(shop, look, context),
      projectionStatus: () => projections.status(),
    });
  const api = {
    routes: [...(apis.write ? write() : []), ...(apis.read ? read() : [])],
    elsewhere: [...(apis.write ? [] : write()), ...(apis.read ? [] : read())],
  };
  if (api.routes.length === 0) return { tokens, tickets, api: { routes: [] } };
  return { tokens, tickets, api: { ...api, routes: [...api.routes, streamTicketRoute(tickets)] } };
}

/** The streams themselves where this process decides; the rows where it only reads. */
function factsOf({ engines, running, apis }: HttpParts): FactLoaders<OwnerFacts> {
  return apis.write ? writeFacts(running.runtime) : (readFacts(engines.database.pool) as FactLoaders<OwnerFacts>);
}

function rolesOf({ engines, running, apis }: HttpParts) {
  if (!apis.write) {
    return async (userId: string) => (await findUser(engines.database.pool, userId))?.resource.roles;
  }
  return async (userId: string) => {
    const { state } = await running.runtime.load(userDecider, userId);
    return state.status === 'registered' ? state.roles : undefined;
  };
}

function positionTokens(identity: LogIdentity): PositionTokens {
  return {
    format: (position) => formatToken(identity, position as Position),
    parse(token) {
      const parsed = parseToken(identity, token);
      return parsed.kind === 'position' ? parsed.position : undefined;
    },
  };
}
