/** The read API over a real log, real projections and real sockets, for its tests. */
import { accessPolicy } from '../../domain/access/judge.ts';
import type { Position } from '../../event-store/port.ts';
import { createTail } from '../../event-store/tail.ts';
import { formatToken, parseToken } from '../../event-store/token.ts';
import { createCursorCodec } from '../../platform/http/cursors.ts';
import type { AppOptions, Credentials } from '../../platform/http/kit.ts';
import { unauthenticated } from '../../platform/http/problem.ts';
import type { Caller } from '../../platform/http/route.ts';
import { startKit } from '../../platform/http/testing/kit-server.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { postgresCartViews } from '../../projections/carts/views.ts';
import { postgresProductViews } from '../../projections/products/views.ts';
import { postgresSearch } from '../../projections/search/engine.ts';
import type { Told } from '../../projections/testing/story.ts';
import { createTestLog, type TestLog } from '../../projections/testing/test-log.ts';
import { ownerFacts } from '../owner-facts.ts';
import { cartPricer } from '../price-cart.ts';
import { readRoutes } from '../routes.ts';
import { waitForProjections } from '../wait-for.ts';

export type Got = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
};

/** Who asks: a user with roles, or a guest with a cart token. */
export type As = { readonly userId?: string; readonly roles?: readonly string[]; readonly cartToken?: string };

export type ReadShop = {
  readonly log: TestLog;
  readonly url: string;
  /** Tells events and waits until every read model shows them. */
  tell(events: readonly Told[]): Promise<Position>;
  token(position: Position): string;
  get(path: string, as?: As, headers?: Record<string, string>): Promise<Got>;
  stop(): Promise<void>;
};

const WHOLE = [
  'users',
  'sellers',
  'products',
  'variants',
  'inventory',
  'carts',
  'orders',
  'payments',
  'sales',
  'categories',
  'search',
];

export async function createReadShop(): Promise<ReadShop> {
  const log = await createTestLog();
  const projections = log.runtime();
  await projections.start();
  const logger = createLogger({ name: 'test', level: 'silent' });
  const tail = createTail({ store: log.store, logger });
  const identity = await log.store.identity();
  const positions: AppOptions['positions'] = {
    format: (position) => formatToken(identity, position as Position),
    parse(token) {
      const parsed = parseToken(identity, token);
      return parsed.kind === 'position' ? parsed.position : undefined;
    },
  };
  const reader = log.database.pool;
  const waitFor = waitForProjections(projections.waitFor);
  const routes = readRoutes({
    reader,
    carts: postgresCartViews(reader),
    products: postgresProductViews(reader),
    search: postgresSearch(reader),
    log: log.store,
    positions,
    cursors: createCursorCodec(Buffer.alloc(32, 1)),
    priceCart: cartPricer({
      shipping: { id: 'standard', name: 'Standard', amount: 500 },
      taxBasisPoints: { US: 1_000 },
    }),
    waitFor,
    onEvents: tail.onEvents,
    recordLook: async () => undefined,
    projectionStatus: () => projections.status(),
  });
  const access = { policy: accessPolicy, facts: ownerFacts(reader) as AppOptions['access']['facts'] };
  const server = await startKit(routes, { access, authenticate, positions, waitFor });
  return {
    log,
    url: server.url,
    token: (position) => positions.format(position),
    async tell(events) {
      const position = await log.tell(events);
      const waited = await projections.waitFor(position, WHOLE, 20_000);
      if (!waited.ok) throw new Error(`the read models did not get to ${position}`);
      return position;
    },
    async get(path, as = {}, headers = {}) {
      const answer = await fetch(server.url + path, { headers: { ...headersOf(as), ...headers } });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
    },
    async stop() {
      await server.stop();
      await tail.close();
      await log.close();
    },
  };
}

/** The headers that the test's authentication understands. */
export function headersOf({ userId, roles = [], cartToken }: As): Record<string, string> {
  return {
    ...(userId === undefined ? {} : { authorization: `Bearer ${[userId, ...roles].join('/')}` }),
    ...(cartToken === undefined ? {} : { 'souk-cart-token': cartToken }),
  };
}

async function authenticate({ authorization, cartTokenHash }: Credentials): Promise<Caller> {
  if (authorization === undefined) {
    return cartTokenHash === undefined ? { kind: 'anonymous' } : { kind: 'guest', tokenHash: cartTokenHash };
  }
  const [userId, ...roles] = authorization.replace('Bearer ', '').split('/');
  if (userId === undefined || userId === '') throw unauthenticated();
  return { kind: 'user', userId, sessionId: 's', roles };
}
