/** Who holds an e-mail address. Bound: fixed size. */
import type { Happened, Instant } from '../../decider.ts';
import { unreachable } from '../../unreachable.ts';
import type { EmailEvent } from '../events.ts';

export type EmailState =
  | { readonly status: 'free' }
  /** `validUntil`: afterwards a claim whose account does not exist may be taken over. */
  | { readonly status: 'claimed'; readonly userId: string; readonly validUntil: Instant };

export const initialEmail: EmailState = { status: 'free' };

/** Folds one event into the claim. */
export function evolveEmail(_state: EmailState, event: Happened<EmailEvent>): EmailState {
  switch (event.type) {
    case 'EmailClaimed':
      return { status: 'claimed', userId: event.data.userId, validUntil: event.data.validUntil };
    case 'EmailReleased':
      return initialEmail;
    default:
      return unreachable(event);
  }
}
