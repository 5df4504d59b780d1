/** Changes what an account says about its owner. */
import type { Rejection } from '../../domain/rejection.ts';
import type { Sealed } from '../../domain/sealed.ts';
import { userDecider } from '../../domain/users/decide.ts';
import type { RegisteredUser } from '../../domain/users/state.ts';
import { notFound, type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type ProfileChange = {
  readonly userId: string;
  readonly name?: string | undefined;
  /** Null removes it. */
  readonly phone?: string | null | undefined;
};

export async function changeProfile(
  shop: Shop,
  { userId, name, phone }: ProfileChange,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<RegisteredUser> | Rejection> {
  // Sealing makes a key where there is none: only for accounts that exist.
  const { state } = await shop.runtime.load(userDecider, userId, { fresh: true });
  if (state.status !== 'registered') return notFound('user');
  const seal = async (value: string) => (await shop.keys.seal(userId, value)) as Sealed<string>;
  const command = {
    type: 'ChangeProfile' as const,
    userId,
    name: name === undefined ? undefined : await seal(name),
    phone: phone === undefined || phone === null ? phone : await seal(phone),
  };
  return outcome(await shop.runtime.handle(userDecider, userId, command, context, options));
}
