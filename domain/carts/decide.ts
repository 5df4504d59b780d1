/** The rules of a cart: what may lie in it, and that it yields one order at most unless that order gave it back. */
import type { Decider, Decision } from '../decider.ts';
import { reject } from '../rejection.ts';
import { unreachable } from '../unreachable.ts';
import { addItem, changeQuantity, mergeLines, removeItem } from './change-lines.ts';
import type { CartCommand } from './commands.ts';
import type { CartEvent, CartLine } from './events.ts';
import { type Cart, type CartState, evolveCart, initialCart } from './state.ts';

export const cartDecider: Decider<CartState, CartCommand, CartEvent> = {
  category: 'cart',
  stateVersion: 1,
  initialState: initialCart,
  evolve: evolveCart,
  decide,
};

function decide(command: CartCommand, state: CartState): Decision<CartEvent> {
  if (command.type === 'OpenCart') {
    const { type: _, ...data } = command;
    return state.status === 'none' ? [{ type: 'CartOpened', data }] : [];
  }
  if (state.status === 'none') return reject('not_found', 'There is no such cart.', { kind: 'not_found' });
  const { cartId } = state;
  switch (command.type) {
    case 'ReopenCart': {
      const { orderId } = command;
      const holds = state.status === 'checked_out' && state.lastOrderId === orderId;
      return holds ? [{ type: 'CartReopened', data: { cartId, orderId } }] : [];
    }
    case 'CheckOut':
      return checkOut(command, state);
    case 'MergeInto':
      if (state.mergedInto === command.intoCartId) return [];
      return whileOpen(state, () => [abandoned(cartId, 'merged', command.intoCartId)]);
    case 'ExpireCart': {
      const forgotten = state.status === 'open' && state.updatedAt <= command.untouchedSince;
      return forgotten && state.buyerId === null ? [abandoned(cartId, 'expired', null)] : [];
    }
    case 'MergeCart':
      if (state.mergedFrom.includes(command.fromCartId)) return [];
      return whileOpen(state, () => mergeLines(command, state));
    case 'AddItem':
      return whileOpen(state, () => addItem(command, state));
    case 'ChangeQuantity':
      return whileOpen(state, () => changeQuantity(command, state));
    case 'RemoveItem':
      return whileOpen(state, () => removeItem(command.variantId, state));
    default:
      return unreachable(command);
  }
}

function abandoned(cartId: string, reason: 'merged' | 'expired', mergedInto: string | null): CartEvent {
  return { type: 'CartAbandoned', data: { cartId, reason, mergedInto } };
}

function whileOpen(state: Cart, decision: () => Decision<CartEvent>): Decision<CartEvent> {
  return state.status === 'open' ? decision() : reject('cart_not_open', whyClosed(state));
}

function whyClosed({ status, mergedInto }: Cart): string {
  if (status === 'checked_out') return 'This cart has been checked out: open a new one with POST /carts.';
  if (mergedInto !== null) return 'This cart was merged into another: use that one.';
  return 'This cart was given up, as nobody had touched it for so long: open a new one with POST /carts.';
}

function checkOut({ terms }: Extract<CartCommand, { type: 'CheckOut' }>, state: Cart): Decision<CartEvent> {
  if (state.status === 'checked_out' && state.lastOrderId === terms.orderId) return [];
  if (state.status === 'checked_out' || state.lastOrderId === terms.orderId) {
    return reject('already_checked_out', 'This cart has been checked out already: look at its order.', {
      extra: { orderId: state.lastOrderId },
    });
  }
  return whileOpen(state, () => {
    if (state.lines.length === 0) return reject('cart_empty', 'There is nothing in this cart: put something in first.');
    // The terms were drawn up from an earlier look at the cart; without this somebody pays for what they took out.
    if (!sameContents(state.lines, terms.quote.lines)) {
      return reject('cart_changed', 'The cart changed during checkout: look at it and check out again.');
    }
    return [{ type: 'CartCheckedOut', data: { cartId: state.cartId, terms } }];
  });
}

type Counted = Pick<CartLine, 'variantId' | 'quantity'>;

function sameContents(lines: readonly CartLine[], ordered: readonly Counted[]): boolean {
  const quantities = new Map(ordered.map(({ variantId, quantity }) => [variantId, quantity]));
  const same = lines.every(({ variantId, quantity }) => quantities.get(variantId) === quantity);
  return same && quantities.size === lines.length;
}
