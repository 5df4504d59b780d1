/** Takes an e-mail address for an account to be, also from a sign-up that died half way. */
import { later } from '../../domain/instant.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { userDecider } from '../../domain/users/decide.ts';
import { emailDecider } from '../../domain/users/email/decide.ts';
import type { Position } from '../../event-store/port.ts';
import { step } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

/** How long a sign-up may take from its claim to its account. */
export const EMAIL_CLAIM_SECONDS = 60;

type Claim = { readonly emailKey: string; readonly userId: string };

export async function claimEmail(
  shop: Shop,
  { emailKey, userId }: Claim,
  context: CommandContext,
): Promise<{ readonly position: Position | null } | Rejection> {
  const validUntil = later(context.issuedAt, EMAIL_CLAIM_SECONDS * 1_000);
  const claim = { type: 'ClaimEmail', emailKey, userId, validUntil } as const;
  const claimed = await shop.runtime.handle(emailDecider, emailKey, claim, context);
  if (!isRejection(claimed)) return claimed;
  const dead = await abandonDeadHolder(shop, emailKey, context);
  if (dead === undefined) return claimed;
  return shop.runtime.handle(emailDecider, emailKey, { ...claim, takeOverFrom: dead }, step(context, `over:${dead}`));
}

/**
 * The holder whose claim ran out without an account, now barred from ever becoming one. The user's own stream decides:
 * were the claim only released, a slow sign-up could still register, and the address would have two accounts.
 */
async function abandonDeadHolder(shop: Shop, emailKey: string, context: CommandContext): Promise<string | undefined> {
  const { state: email } = await shop.runtime.load(emailDecider, emailKey, { fresh: true });
  if (email.status !== 'claimed' || email.validUntil > shop.now()) return undefined;
  const abandoned = await shop.runtime.handle(
    userDecider,
    email.userId,
    { type: 'AbandonRegistration', userId: email.userId, emailKey },
    step(context, `abandon:${email.userId}`),
  );
  return isRejection(abandoned) ? undefined : email.userId;
}
