/** Puts routes on Express 5: by path first, so that every path knows its methods (405, OPTIONS, HEAD). */
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { type LogContext, withLogContext } from '../logging/logger.ts';
import { renderProblem } from './answers.ts';
import { ALL_METHODS, setCorsHeaders } from './cors.ts';
import { countRequest } from './count-request.ts';
import { docsPage } from './docs-page.ts';
import type { AppOptions, Kit } from './kit.ts';
import { createLoad } from './load.ts';
import { createOpenRequests } from './open-requests.ts';
import { openApiRoute } from './openapi.ts';
import { httpProblem, notFound } from './problem.ts';
import { reported } from './report.ts';
import { type RequestIds, requestIds } from './request-ids.ts';
import type { RouteDefinition } from './route.ts';
import { groupByPath, type PathGroup } from './route-table.ts';
import { sendAnswer } from './send.ts';
import { serveRoute } from './serve-route.ts';

/** The app, and how to tell it that the server stops: open streams end, waiting reads answer. */
export type App = { readonly handle: Express; stop(): void };

/** Throws where a route has no rule in the access policy: deny by default, before anybody calls. */
export function createApp(options: AppOptions): App {
  const requests = createOpenRequests();
  const kit: Kit = { ...options, requests };
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing').enable('strict routing');
  // A count, never `true`: what stands further left in X-Forwarded-For is whatever the client wrote there.
  app.set('trust proxy', options.trustProxy ?? 0);
  app.use(begin(kit));
  app.use(docsPage());
  const operations: readonly RouteDefinition[] = [
    ...(options.operations ?? []),
    openApiRoute(() => ({ ...options, operations })),
  ];
  mountRoutes(app, kit, { routes: operations }, unlimited);
  mountRoutes(app, kit, options, limits(kit));
  app.use((request: Request, response: Response) => {
    if (request.method === 'OPTIONS') answerOptions(response, ALL_METHODS);
    else throw notFound();
  });
  app.use(problems(kit));
  return { handle: app, stop: requests.stop };
}

/** What stands between a caller and a handler when there is much to do. */
type Limits = {
  readonly admit: (response: Response) => void;
  readonly count: (caller: string, response: Response) => Promise<void>;
};

const unlimited: Limits = { admit: () => {}, count: async () => {} };

function limits(kit: Kit): Limits {
  const { rateLimit } = kit;
  return {
    admit: createLoad(kit.maxInFlight ?? 1000),
    count: rateLimit === 'off' ? unlimited.count : (caller, response) => countRequest(rateLimit, caller, response),
  };
}

type Mounted = Pick<AppOptions, 'routes' | 'elsewhere'>;

function mountRoutes(app: Express, kit: Kit, { routes, elsewhere = [] }: Mounted, limit: Limits): void {
  for (const route of routes) {
    if (!kit.access.policy.knows(route)) {
      throw new Error(`${route.method.toUpperCase()} ${route.path} has no rule in the access policy: add one`);
    }
  }
  const other = new Set(elsewhere);
  for (const group of groupByPath([...routes, ...elsewhere])) {
    app.all(group.expressPath, serveGroup({ kit, group, limit, other }));
  }
}

type ServedGroup = {
  readonly kit: Kit;
  readonly group: PathGroup;
  readonly limit: Limits;
  /** Routes of the group that are not ours to serve. */
  readonly other: ReadonlySet<RouteDefinition>;
};

function serveGroup({ kit, group, limit, other }: ServedGroup) {
  return async (request: Request, response: Response): Promise<void> => {
    if (request.method === 'OPTIONS') return answerOptions(response, group.allow);
    const route = group.routes.get(request.method === 'HEAD' ? 'GET' : request.method);
    if (route === undefined) throw methodNotAllowed(group.allow);
    if (other.has(route)) throw servedElsewhere();
    response.locals.route = route.path;
    limit.admit(response);
    await serveRoute({
      kit,
      route,
      request,
      response,
      params: group.paramsOf(route, request.params),
      ids: response.locals.ids as RequestIds,
      signal: kit.requests.signalOf(response),
      limit: (caller) => limit.count(caller, response),
    });
  };
}

function answerOptions(response: Response, allow: string): void {
  sendAnswer(response, { status: 204, headers: { allow }, body: '' });
}

const methodNotAllowed = (allow: string) =>
  httpProblem(405, 'method_not_allowed', `This takes ${allow}.`, { headers: { allow } });

const servedElsewhere = () =>
  httpProblem(404, 'not_found', 'Another process of this shop serves this. Ask the gateway, which knows where.');

/** Every request: its ids, CORS, the log's context, its duration, one line when it is over. */
function begin(kit: Kit) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const ids = requestIds(request);
    response.locals.ids = ids;
    response.setHeader('x-request-id', ids.requestId);
    response.setHeader('x-correlation-id', ids.correlationId);
    response.setHeader('x-content-type-options', 'nosniff');
    setCorsHeaders(kit.corsOrigins, request, response);
    // A connection kept open would hold the stopping server until its time-out.
    if (kit.requests.stopped()) response.setHeader('connection', 'close');
    const context: LogContext = { requestId: ids.requestId, correlationId: ids.correlationId };
    withLogContext(context, () => {
      observe(kit, request, response);
      next();
    });
  };
}

function observe(kit: Kit, request: Request, response: Response): void {
  const started = performance.now();
  kit.metrics?.inFlight(1);
  const ids = response.locals.ids as RequestIds;
  response.once('close', () => {
    kit.metrics?.inFlight(-1);
    const route = typeof response.locals.route === 'string' ? response.locals.route : 'none';
    const ms = performance.now() - started;
    kit.metrics?.observe({ method: request.method, route, status: response.statusCode }, ms / 1000);
    // Reads that went well are many and say little.
    const level =
      response.statusCode < 400 && (request.method === 'GET' || request.method === 'HEAD') ? 'debug' : 'info';
    const line = { ...ids, method: request.method, route, status: response.statusCode, ms: Math.round(ms * 10) / 10 };
    kit.logger[level](line, 'request');
  });
}

function problems(kit: Kit) {
  return (error: unknown, _request: Request, response: Response, _next: NextFunction): void => {
    // Half an answer is out already: cutting the connection is the only way left to say that it failed.
    if (response.headersSent) {
      if (!response.destroyed) reported(kit.logger, error);
      response.destroy();
      return;
    }
    sendAnswer(response, renderProblem(isBadPath(error) ? notFound() : reported(kit.logger, error)));
  };
}

// What Express throws for a path that does not decode: a malformed id is 404.
function isBadPath(error: unknown): boolean {
  return error instanceof URIError;
}
