/** Whether a seller may sell, now. */
import { type Rejection, reject } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import type { Shop } from '../shop.ts';

/** A refusal is given on the stream's tail only: an approval works at once, on every process. */
export async function isApproved(shop: Shop, sellerId: string): Promise<boolean> {
  const { state } = await shop.runtime.load(sellerDecider, sellerId);
  if (state.status === 'approved') return true;
  const { state: now } = await shop.runtime.load(sellerDecider, sellerId, { fresh: true });
  return now.status === 'approved';
}

/** Refuses what only approved sellers may do. */
export async function refuseUnlessApproved(shop: Shop, sellerId: string): Promise<Rejection | undefined> {
  if (await isApproved(shop, sellerId)) return undefined;
  return reject(
    'seller_not_approved',
    'Only approved sellers may change the catalogue. Apply at POST /sellers and wait for approval.',
    { kind: 'forbidden' },
  );
}
