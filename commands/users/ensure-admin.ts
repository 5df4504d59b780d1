/** The first administrator, named by the environment: there is nobody else yet who could give the role. */
import { setTimeout } from 'node:timers/promises';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { emailDecider } from '../../domain/users/email/decide.ts';
import type { RegisteredUser } from '../../domain/users/state.ts';
import { newId } from '../../platform/ids.ts';
import { type Outcome, step } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { EMAIL_CLAIM_SECONDS } from './claim-email.ts';
import { emailKeyOf } from './email-address.ts';
import { grantRole } from './roles.ts';
import { signUp } from './sign-up.ts';

/**
 * Makes the account where the address has none, and sees to its role; an account that is there keeps its password.
 * Safe when several processes start together: one of them makes it.
 */
export async function ensureAdmin(
  shop: Shop,
  input: { readonly email: string; readonly password: string },
): Promise<Outcome<RegisteredUser> | Rejection> {
  for (let attempt = 0; ; attempt++) {
    const made = await makeOrFind(shop, input);
    // Another process is between claim and account: wait for it, or for its claim to run out.
    if (!isRejection(made) || made.code !== 'not_found' || attempt === EMAIL_CLAIM_SECONDS + 5) return made;
    await setTimeout(1_000);
  }
}

async function makeOrFind(
  shop: Shop,
  input: { readonly email: string; readonly password: string },
): Promise<Outcome<RegisteredUser> | Rejection> {
  const commandId = newId();
  const context: CommandContext = { commandId, issuedAt: shop.now(), actor: 'process:start', correlationId: commandId };
  const userId = newId();
  const made = await signUp(shop, { userId, name: 'Administrator', ...input }, context);
  if (!isRejection(made)) return grantRole(shop, { userId, role: 'admin' }, step(context, 'grant'));
  if (made.code !== 'email_taken') return made;
  const holder = await shop.runtime.load(emailDecider, emailKeyOf(shop.keys, input.email), { fresh: true });
  if (holder.state.status !== 'claimed') return made;
  return grantRole(shop, { userId: holder.state.userId, role: 'admin' }, step(context, 'grant'));
}
