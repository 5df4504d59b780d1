/** A server of made-up routes for the kit's own tests: real sockets, and everything the shop would hand in made small. */
import { pino } from 'pino';
import type { AccessPolicy, Subject } from '../access.ts';
import type { IdempotencyStore } from '../idempotency.ts';
import type { AppOptions, Credentials } from '../kit.ts';
import { unauthenticated } from '../problem.ts';
import type { Caller, RouteDefinition } from '../route.ts';
import { createHttpServer, type HttpServer } from '../server.ts';

const OWNER = 'user-1';

/** `/open…` is anybody's, `/staff…` is for the role staff, everything else for whoever proved who they are. */
export const testPolicy: AccessPolicy<{ owner: string }> = {
  knows: ({ path }) => !path.startsWith('/ruleless'),
  early({ path }, { caller }) {
    if (/^\/(open|health|metrics)/.test(path)) return 'allowed';
    if (caller.kind === 'anonymous') return 'unauthenticated';
    if (path.startsWith('/staff'))
      return caller.kind === 'user' && caller.roles.includes('staff') ? 'allowed' : 'forbidden';
    return path.startsWith('/owned') ? { depends: 'thing' } : 'allowed';
  },
  late: (_route, { caller }: Subject, facts) =>
    caller.kind === 'user' && facts?.owner === caller.userId ? 'allowed' : 'not_found',
  refusals: ({ path }) => (/^\/(open|health|metrics)/.test(path) ? [] : ['unauthenticated', 'forbidden']),
  ignoresCredentials: ({ path }) => path.startsWith('/open/sign-in'),
};

/** `Bearer user-1` is user-1; `Bearer staff-1` has the role staff; anything else is no token. */
export async function testAuthenticate({ authorization, ticket, cartTokenHash }: Credentials): Promise<Caller> {
  const name = ticket ?? authorization?.replace(/^Bearer /, '');
  if (name !== undefined) {
    if (!/^(user|staff)-\d+$/.test(name)) throw unauthenticated();
    return { kind: 'user', userId: name, sessionId: 's', roles: name.startsWith('staff') ? ['staff'] : [] };
  }
  return cartTokenHash === undefined ? { kind: 'anonymous' } : { kind: 'guest', tokenHash: cartTokenHash };
}

/** Listens on a free port; positions are `p<number>`, projections are always caught up unless told. */
export function startKit(routes: readonly RouteDefinition[], options: Partial<AppOptions> = {}): Promise<HttpServer> {
  return createHttpServer({
    routes,
    access: { policy: testPolicy, facts: { thing: async ({ id }) => (id === 'mine' ? { owner: OWNER } : undefined) } },
    authenticate: testAuthenticate,
    positions: {
      format: (position) => `p${position}`,
      parse: (token) => (/^p\d+$/.test(token) ? token.slice(1) : undefined),
    },
    waitFor: async () => ({ reached: true, at: null }),
    idempotency: memoryIdempotency(),
    logger: pino({ level: 'silent' }),
    corsOrigins: ['https://shop.example'],
    rateLimit: 'off',
    api: { title: 'Test', version: '1' },
    host: '127.0.0.1',
    port: 0,
    drainMs: 3_000,
    ...options,
  } as AppOptions & { host: string; port: number });
}

/** Keeps nothing: for tests that are not about keys. */
export function memoryIdempotency(): IdempotencyStore {
  return {
    claim: async (_id, _digest, work) => ({ kind: 'run', work, epoch: 1 }),
    renew: async () => true,
    store: async () => true,
    release: async () => {},
    forget: async () => {},
  };
}
