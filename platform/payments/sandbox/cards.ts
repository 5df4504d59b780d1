/** The sandbox's test cards: what each token does when it is charged. */
import type { GatewayFailure } from '../gateway.ts';

export type SandboxCard = {
  readonly outcome: 'authorised' | 'declined' | 'challenged' | 'pending';
  readonly failure?: GatewayFailure;
  /** The first so many calls about the payment get no answer; the very first has its effect all the same. */
  readonly unanswered?: number;
  /** Milliseconds until a pending one is authorised. */
  readonly settlesAfterMs?: number;
  /** When, in milliseconds after a change, its webhook goes out: once for each entry; none where absent. */
  readonly webhooks?: readonly number[];
};

const declined = (code: string, detail: string): SandboxCard => ({ outcome: 'declined', failure: { code, detail } });

export const SANDBOX_CARDS: Readonly<Record<string, SandboxCard>> = {
  tok_visa: { outcome: 'authorised' },
  tok_mastercard: { outcome: 'authorised' },
  tok_declined: declined('card_declined', 'The card was declined. Use another card.'),
  tok_insufficient_funds: declined('insufficient_funds', 'There is not enough money on the card. Use another card.'),
  tok_expired: declined('expired_card', 'The card has expired. Use another card.'),
  tok_3ds: { outcome: 'challenged', webhooks: [0] },
  tok_slow: { outcome: 'pending', settlesAfterMs: 3_000, webhooks: [0] },
  tok_flaky: { outcome: 'authorised', unanswered: 2 },
  // Three times, and so late that the webhook of the capture overtakes those of the authorisation.
  tok_duplicate: { outcome: 'authorised', webhooks: [900, 0, 400] },
};

/** The card of a token; undefined for one the sandbox does not know. */
export function sandboxCard(token: string): SandboxCard | undefined {
  return Object.hasOwn(SANDBOX_CARDS, token) ? SANDBOX_CARDS[token] : undefined;
}
