/** What a seller account is to its own rules. Bound: fixed size. */
import type { Happened, Instant } from '../decider.ts';
import { unreachable } from '../unreachable.ts';
import type { SellerEvent } from './events.ts';

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

/** Folds one event into the seller account. */
export function evolveSeller(state: SellerState, event: Happened<SellerEvent>): SellerState {
  switch (event.type) {
    case 'SellerApplied': {
      const { description = null, country = null, ...data } = event.data;
      return { status: 'applied', ...data, description, country, createdAt: event.at };
    }
    case 'SellerApproved':
      return change(state, { status: 'approved' });
    case 'SellerSuspended':
      return change(state, { status: 'suspended' });
    case 'ShopProfileChanged': {
      const { sellerId: _, ...data } = event.data;
      return change(state, data);
    }
    default:
      return unreachable(event);
  }
}

/** Sets what is given and keeps the rest. */
function change(state: SellerState, to: { [K in keyof SellerAccount]?: SellerAccount[K] | undefined }): SellerState {
  if (state.status === 'none') return state;
  return {
    ...state,
    status: to.status ?? state.status,
    name: to.name ?? state.name,
    slug: to.slug ?? state.slug,
    description: to.description ?? state.description,
    country: to.country ?? state.country,
  };
}
