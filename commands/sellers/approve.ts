/** Lets a seller sell, and gives its owner the role. */
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import type { SellerAccount } from '../../domain/sellers/state.ts';
import { type Outcome, outcome, step } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { grantSellerRole } from './seller-role.process.ts';

/** Also lifts a suspension. Where the writer dies before the role is given, the seller-role process gives it. */
export async function approveSeller(
  shop: Shop,
  sellerId: string,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<SellerAccount> | Rejection> {
  const approved = outcome(
    await shop.runtime.handle(sellerDecider, sellerId, { type: 'ApproveSeller', sellerId }, context, options),
  );
  if (isRejection(approved)) return approved;
  const granted = await grantSellerRole(shop, approved.state, step(context, 'role'));
  return outcome(approved, granted.position);
}
