/** Changes what a seller says about itself. */
import type { Rejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import type { SellerAccount } from '../../domain/sellers/state.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type ShopProfileChange = {
  readonly sellerId: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly country?: string | undefined;
};

export async function changeShopProfile(
  shop: Shop,
  change: ShopProfileChange,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<SellerAccount> | Rejection> {
  const command = { type: 'ChangeShopProfile', ...change } as const;
  return outcome(await shop.runtime.handle(sellerDecider, change.sellerId, command, context, options));
}
