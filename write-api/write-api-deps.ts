/** What the routes of the write API work with; put together where the process is composed. */
import type { LoginThrottle } from '../commands/sessions/login-throttle.ts';
import type { SessionStore } from '../commands/sessions/session-store.ts';
import type { Shop } from '../commands/shop.ts';
import type { AccessTokens } from '../platform/auth/access-tokens.ts';
import type { WishParked, WishProjection } from './projection-control.ts';

export type WriteApiDeps = {
  readonly shop: Shop;
  readonly sessions: SessionStore;
  readonly throttle: LoginThrottle;
  readonly tokens: AccessTokens;
  readonly wishProjection: WishProjection;
  readonly wishParked: WishParked;
};
