/** Whether a seller may sell, now. */
import type { Rejection } from '../../domain/rejection.ts';
import { sellerDecider, sellerMayWrite } from '../../domain/sellers/decide.ts';
import type { Shop } from '../shop.ts';

/** 403 `seller_not_approved` for everybody else. */
export async function refuseUnlessApproved(shop: Shop, sellerId: string): Promise<Rejection | undefined> {
  const { state } = await shop.runtime.load(sellerDecider, sellerId);
  if (sellerMayWrite(state) === null) return undefined;
  // A refusal is given on the stream's tail only: an approval works at once, on every process.
  const { state: now } = await shop.runtime.load(sellerDecider, sellerId, { fresh: true });
  return sellerMayWrite(now) ?? undefined;
}

export async function isApproved(shop: Shop, sellerId: string): Promise<boolean> {
  return (await refuseUnlessApproved(shop, sellerId)) === undefined;
}
