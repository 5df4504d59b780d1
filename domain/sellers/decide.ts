/** The rules of a seller account: applied, approved, suspended, approved again. */
import type { Decider, Decision } from '../decider.ts';
import { type Rejection, reject } from '../rejection.ts';
import { slugify } from '../slug.ts';
import { unreachable } from '../unreachable.ts';
import type { SellerCommand } from './commands.ts';
import type { SellerEvent } from './events.ts';
import { evolveSeller, initialSeller, type SellerAccount, type SellerState } from './state.ts';

export const sellerDecider: Decider<SellerState, SellerCommand, SellerEvent> = {
  category: 'seller',
  stateVersion: 1,
  initialState: initialSeller,
  evolve: evolveSeller,
  decide,
};

/** Whether a seller may write to the catalogue: the refusal, or null. */
export function sellerMayWrite(state: SellerState): Rejection | null {
  if (state.status === 'approved') return null;
  const detail =
    state.status === 'suspended'
      ? 'This seller is suspended and cannot change the catalogue: ask the marketplace to lift the suspension.'
      : 'Only approved sellers can change the catalogue: apply as a seller, then wait for the approval.';
  return reject('seller_not_approved', detail, { kind: 'forbidden' });
}

function decide(command: SellerCommand, state: SellerState): Decision<SellerEvent> {
  if (command.type === 'ApplyAsSeller') {
    if (state.status !== 'none')
      return reject('already_applied', 'This user has applied already: see GET /sellers/me.');
    const { type: _, ...data } = command;
    return [{ type: 'SellerApplied', data: { ...data, slug: slugify(data.name) } }];
  }
  if (state.status === 'none') return reject('not_found', 'There is no such seller.', { kind: 'not_found' });
  const { sellerId, userId } = state;
  switch (command.type) {
    case 'ApproveSeller':
      return state.status === 'approved' ? [] : [{ type: 'SellerApproved', data: { sellerId, userId } }];
    case 'SuspendSeller': {
      const { reason } = command;
      if (state.status === 'suspended') return [];
      return [{ type: 'SellerSuspended', data: { sellerId, ...(reason === undefined ? {} : { reason }) } }];
    }
    case 'ChangeShopProfile':
      return changeProfile(command, state);
    default:
      return unreachable(command);
  }
}

function changeProfile(
  { name, description, country }: Extract<SellerCommand, { type: 'ChangeShopProfile' }>,
  state: SellerAccount,
): Decision<SellerEvent> {
  const changed = {
    ...(name !== undefined && name !== state.name ? { name, slug: slugify(name) } : {}),
    ...(description !== undefined && description !== state.description ? { description } : {}),
    ...(country !== undefined && country !== state.country ? { country } : {}),
  };
  if (Object.keys(changed).length === 0) return [];
  return [{ type: 'ShopProfileChanged', data: { sellerId: state.sellerId, ...changed } }];
}
