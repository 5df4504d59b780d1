/** Gives and takes roles. */
import type { Rejection } from '../../domain/rejection.ts';
import { userDecider } from '../../domain/users/decide.ts';
import type { Role } from '../../domain/users/events.ts';
import type { RegisteredUser } from '../../domain/users/state.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

type RoleOfUser = { readonly userId: string; readonly role: Role };

export async function grantRole(
  shop: Shop,
  { userId, role }: RoleOfUser,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<RegisteredUser> | Rejection> {
  return outcome(await shop.runtime.handle(userDecider, userId, { type: 'GrantRole', userId, role }, context, options));
}

export async function revokeRole(
  shop: Shop,
  { userId, role }: RoleOfUser,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<RegisteredUser> | Rejection> {
  return outcome(
    await shop.runtime.handle(userDecider, userId, { type: 'RevokeRole', userId, role }, context, options),
  );
}
