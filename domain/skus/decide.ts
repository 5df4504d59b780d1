/** A seller's SKU names one variant at a time. */
import type { Decider, Decision } from '../decider.ts';
import { reject } from '../rejection.ts';
import { unreachable } from '../unreachable.ts';
import type { SkuCommand } from './commands.ts';
import type { SkuEvent } from './events.ts';
import { evolveSku, initialSku, type SkuState } from './state.ts';

export const skuDecider: Decider<SkuState, SkuCommand, SkuEvent> = {
  category: 'sku',
  stateVersion: 1,
  initialState: initialSku,
  evolve: evolveSku,
  decide,
};

function decide(command: SkuCommand, state: SkuState): Decision<SkuEvent> {
  const { sellerId, sku, productId, variantId } = command;
  const claim = { sellerId, sku, productId, variantId };
  const holds = state.status === 'claimed' && state.variantId === variantId;
  switch (command.type) {
    case 'ClaimSku':
      // Renewed, so that whoever gives up the old claim late meets another revision (see give-up-sku).
      if (holds && command.validUntil <= state.validUntil) return [];
      if (state.status === 'claimed' && !holds) {
        return reject('sku_taken', `Another of the seller's variants has the SKU ${sku}: choose another one.`, {
          pointer: '/sku',
        });
      }
      return [{ type: 'SkuClaimed', data: { ...claim, validUntil: command.validUntil } }];
    case 'ReleaseSku':
      return holds ? [{ type: 'SkuReleased', data: claim }] : [];
    default:
      return unreachable(command);
  }
}
