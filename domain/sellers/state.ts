/** What a seller account is to its own rules. Bound: fixed size. */
import type { Instant } from '../decider.ts';

export type SellerAccount = {
  readonly status: 'applied' | 'approved' | 'suspended';
  readonly sellerId: string;
  readonly userId: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly country: string | null;
  readonly createdAt: Instant;
};

export type SellerState = { readonly status: 'none' } | SellerAccount;

export const initialSeller: SellerState = { status: 'none' };
