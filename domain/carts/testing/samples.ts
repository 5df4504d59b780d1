/** Commands and events of one cart, for its tests. */
import type { Money } from '../../money.ts';
import { id, termsFor, usd } from '../../testing/samples.ts';
import type { CartCommand } from '../commands.ts';
import { type CartEvent, type CartLine, MAX_CART_LINES } from '../events.ts';

export const cartId = id(30);
export const line = (n: number, quantity: number, unitPrice: Money = usd(1999)): CartLine => ({
  variantId: id(100 + n),
  productId: id(20),
  quantity,
  unitPrice,
});
export const opened: CartEvent = { type: 'CartOpened', data: { cartId, buyerId: id(1), cartTokenHash: null } };
export const add = (item: CartLine): CartCommand => ({ type: 'AddItem', cartId, line: item });
export const added = (quantity: number, total: CartLine): CartEvent => ({
  type: 'ItemAdded',
  data: { cartId, quantity, line: total },
});
export const withOne = [opened, added(2, line(1, 2))];
export const full = [opened, ...Array.from({ length: MAX_CART_LINES }, (_, n) => added(1, line(n + 1, 1)))];
export const change = (n: number, quantity: number, unitPrice: Money = usd(1999)): CartCommand => ({
  type: 'ChangeQuantity',
  cartId,
  variantId: line(n, 1).variantId,
  quantity,
  unitPrice,
});
export const changed = (n: number, quantity: number, unitPrice: Money = usd(1999)): CartEvent => ({
  type: 'QuantityChanged',
  data: { cartId, variantId: line(n, 1).variantId, quantity, unitPrice },
});
export const remove = (n: number): CartCommand => ({ type: 'RemoveItem', cartId, variantId: line(n, 1).variantId });
export const removed = (n: number): CartEvent => ({
  type: 'ItemRemoved',
  data: { cartId, variantId: line(n, 1).variantId },
});
export const merge = (lines: CartLine[], fromCartId = id(31)): CartCommand => ({
  type: 'MergeCart',
  cartId,
  fromCartId,
  lines,
});
export const merged = (lines: CartLine[], fromCartId = id(31)): CartEvent => ({
  type: 'CartMerged',
  data: { cartId, fromCartId, lines },
});
export const mergeInto = (intoCartId = id(32)): CartCommand => ({ type: 'MergeInto', cartId, intoCartId });
export const abandoned: CartEvent = { type: 'CartAbandoned', data: { cartId, reason: 'merged', mergedInto: id(32) } };
export const termsOf = (orderId: string, lines = [line(1, 2)]) => ({ ...termsFor(orderId, lines), cartId });
export const checkOut = (orderId = id(40), lines?: CartLine[]): CartCommand => ({
  type: 'CheckOut',
  cartId,
  terms: termsOf(orderId, lines),
});
export const checkedOut = (orderId = id(40)): CartEvent => ({
  type: 'CartCheckedOut',
  data: { cartId, terms: termsOf(orderId) },
});
export const reopen = (orderId = id(40)): CartCommand => ({ type: 'ReopenCart', cartId, orderId });
export const reopened = (orderId = id(40)): CartEvent => ({ type: 'CartReopened', data: { cartId, orderId } });
export const tooLarge = { kind: 'invalid', pointer: '/quantity' } as const;
export const otherCurrency = { kind: 'invalid', pointer: '/variantId' } as const;
export const notFound = { kind: 'not_found' } as const;
