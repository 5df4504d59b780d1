/** What can be asked of an e-mail address, known by its HMAC only. */
import type { Instant } from '../../decider.ts';

export type EmailCommand =
  /**
   * Takes the address for an account to be. `takeOverFrom` names the present holder, whose claim ran out and whose
   * registration the caller has abandoned before (`AbandonRegistration`).
   */
  | {
      readonly type: 'ClaimEmail';
      readonly emailKey: string;
      readonly userId: string;
      readonly validUntil: Instant;
      readonly takeOverFrom?: string | undefined;
    }
  /** Gives it up; does nothing unless `userId` holds it. */
  | { readonly type: 'ReleaseEmail'; readonly emailKey: string; readonly userId: string };
