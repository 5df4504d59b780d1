/** Who calls: by access token, by stream ticket, or as a guest by cart token. Roles are looked up, never carried. */
import type { Authenticate } from '../http/kit.ts';
import { unauthenticated } from '../http/problem.ts';
import type { Caller } from '../http/route.ts';
import type { AccessTokens } from './access-tokens.ts';
import { remembered } from './remembered.ts';
import type { StreamTickets } from './stream-tickets.ts';

type Options = {
  readonly tokens: AccessTokens;
  readonly tickets: StreamTickets;
  /** Roles as they are now; undefined where the account is not known yet. */
  readonly rolesOf: (userId: string) => Promise<readonly string[] | undefined>;
  /** Whether a session still counts: one that was ended ends its access tokens too. Asked for each request. */
  readonly isLive: (sessionId: string) => Promise<boolean>;
};

// A change of role works within a second, without a query for each request.
const REMEMBERED_MS = 500;

// A session is opened for an account that exists. A process that knows accounts by their rows may not have the newest
// yet: refusing it would sign out whoever has just signed up.
const EVERYBODY: readonly string[] = ['buyer'];

/** Throws 401 for credentials that prove nothing any more: a client must not take that for being signed out politely. */
export function createAuthenticate(options: Options): Authenticate {
  const rolesOf = remembered(options.rolesOf, REMEMBERED_MS);
  const account = async (userId: string, sessionId: string): Promise<Caller> => {
    const [roles, live] = await Promise.all([rolesOf(userId), options.isLive(sessionId)]);
    if (!live) throw over();
    return { kind: 'user', userId, sessionId, roles: roles ?? EVERYBODY };
  };
  return async ({ authorization, ticket, cartTokenHash }) => {
    if (authorization !== undefined) {
      const claims = await options.tokens.verify(bearer(authorization));
      if (claims === undefined) throw over();
      return account(claims.userId, claims.sessionId);
    }
    if (ticket !== undefined) {
      const holder = await options.tickets.redeem(ticket);
      if (holder === undefined)
        throw unauthenticated('The ticket was used or is over. Get another by POST /stream-tickets.');
      return holder.kind === 'user' ? account(holder.userId, holder.sessionId) : holder;
    }
    return cartTokenHash === undefined ? { kind: 'anonymous' } : { kind: 'guest', tokenHash: cartTokenHash };
  };
}

const over = () => unauthenticated('The access token is not valid, or no longer. Get another by POST /auth/refresh.');

function bearer(authorization: string): string {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated();
  return token;
}
