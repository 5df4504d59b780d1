/** Opens an account: claims the address, then registers the user. */

import { isRejection, type Rejection, reject } from '../../domain/rejection.ts';
import type { Sealed } from '../../domain/sealed.ts';
import { userDecider } from '../../domain/users/decide.ts';
import type { RegisteredUser } from '../../domain/users/state.ts';
import { hashPassword } from '../../platform/auth/passwords.ts';
import { type Outcome, outcome, step } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { claimEmail } from './claim-email.ts';
import { emailKeyOf, normaliseEmail } from './email-address.ts';

export type SignUp = {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  readonly password: string;
};

/**
 * `email_taken` where the address has an account, or a sign-up that may still be under way. A writer that dies after its
 * claim leaves no account: a later sign-up takes the address over once the claim ran out.
 */
export async function signUp(
  shop: Shop,
  input: SignUp,
  context: CommandContext,
): Promise<Outcome<RegisteredUser> | Rejection> {
  const { userId } = input;
  const emailKey = emailKeyOf(shop.keys, input.email);
  const claimed = await claimEmail(shop, { emailKey, userId }, step(context, 'claim'));
  if (isRejection(claimed)) return claimed;
  const [email, name, passwordHash] = await Promise.all([
    shop.keys.seal(userId, normaliseEmail(input.email)),
    shop.keys.seal(userId, input.name),
    hashPassword(input.password).then((hash) => shop.keys.seal(userId, hash)),
  ]);
  const registered = await shop.runtime.handle(
    userDecider,
    userId,
    {
      type: 'RegisterUser',
      userId,
      emailKey,
      email: email as Sealed<string>,
      name: name as Sealed<string>,
      passwordHash: passwordHash as Sealed<string>,
    },
    context,
  );
  // Slower than its claim lived, it was abandoned by whoever has the address now.
  if (isRejection(registered) && registered.code === 'registration_abandoned') return emailTaken();
  return outcome(registered, claimed.position);
}

export function emailTaken(): Rejection {
  return reject('email_taken', 'This e-mail address has an account already. Log in, or use another address.');
}
