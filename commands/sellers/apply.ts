/** A user asks to sell. */
import type { Rejection } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import type { SellerAccount } from '../../domain/sellers/state.ts';
import { type Outcome, outcome } from '../outcome.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import { sellerIdOf } from './seller-id.ts';

export type Application = {
  readonly userId: string;
  readonly name: string;
  readonly description?: string | undefined;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined;
};

export async function applyAsSeller(
  shop: Shop,
  application: Application,
  context: CommandContext,
): Promise<Outcome<SellerAccount> | Rejection> {
  const sellerId = sellerIdOf(application.userId);
  return outcome(
    await shop.runtime.handle(sellerDecider, sellerId, { type: 'ApplyAsSeller', sellerId, ...application }, context),
  );
}
