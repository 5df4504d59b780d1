/** Stops a seller from selling. */
import type { Rejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import type { SellerAccount } from '../../domain/sellers/state.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export async function suspendSeller(
  shop: Shop,
  { sellerId, reason }: { readonly sellerId: string; readonly reason?: string | undefined },
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<SellerAccount> | Rejection> {
  return outcome(
    await shop.runtime.handle(sellerDecider, sellerId, { type: 'SuspendSeller', sellerId, reason }, context, options),
  );
}
