/** Who holds an e-mail address. Bound: fixed size. */
import type { Instant } from '../../decider.ts';

export type EmailState =
  | { readonly status: 'free' }
  /** `validUntil`: afterwards a claim whose account does not exist may be taken over. */
  | { readonly status: 'claimed'; readonly userId: string; readonly validUntil: Instant };

export const initialEmail: EmailState = { status: 'free' };
