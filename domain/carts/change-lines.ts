/** Changes of what lies in an open cart. */
import type { Decision } from '../decider.ts';
import { MAX_LINE_QUANTITY } from '../pricing/schema.ts';
import { type Rejection, reject } from '../rejection.ts';
import type { CartCommand } from './commands.ts';
import { type CartEvent, type CartLine, MAX_CART_LINES } from './events.ts';
import type { Cart } from './state.ts';

/** Adds up with the line of that variant; the price is today's. */
export function addItem({ line }: Extract<CartCommand, { type: 'AddItem' }>, state: Cart): Decision<CartEvent> {
  const before = lineOf(state.lines, line.variantId);
  const total = { ...line, quantity: line.quantity + (before?.quantity ?? 0) };
  const refusal = checkQuantity(line.quantity, total.quantity) ?? checkLine(total, state.lines);
  if (refusal) return refusal;
  return [{ type: 'ItemAdded', data: { cartId: state.cartId, quantity: line.quantity, line: total } }];
}

/** 0 removes. */
export function changeQuantity(
  { variantId, quantity, unitPrice }: Extract<CartCommand, { type: 'ChangeQuantity' }>,
  state: Cart,
): Decision<CartEvent> {
  const before = lineOf(state.lines, variantId);
  if (!before) return notInCart();
  if (quantity === 0) return removeItem(variantId, state);
  const refusal = checkQuantity(quantity, quantity) ?? checkLine({ ...before, quantity, unitPrice }, state.lines);
  if (refusal) return refusal;
  const { amount, currency } = before.unitPrice;
  if (before.quantity === quantity && amount === unitPrice.amount && currency === unitPrice.currency) return [];
  return [{ type: 'QuantityChanged', data: { cartId: state.cartId, variantId, quantity, unitPrice } }];
}

/** Takes a line out. */
export function removeItem(variantId: string, state: Cart): Decision<CartEvent> {
  if (!lineOf(state.lines, variantId)) return notInCart();
  return [{ type: 'ItemRemoved', data: { cartId: state.cartId, variantId } }];
}

/** Adds up like `addItem`, but stops at the most a line can hold: signing in must not fail on it. */
export function mergeLines(
  { fromCartId, lines }: Extract<CartCommand, { type: 'MergeCart' }>,
  state: Cart,
): Decision<CartEvent> {
  const merged: CartLine[] = [];
  for (const line of lines) {
    const before = lineOf(state.lines, line.variantId);
    const quantity = Math.min(MAX_LINE_QUANTITY, line.quantity + (before?.quantity ?? 0));
    const total = { ...line, quantity };
    const added = merged.filter(({ variantId }) => !lineOf(state.lines, variantId));
    const refusal = checkLine(total, [...state.lines, ...added]);
    if (refusal) return refusal;
    merged.push(total);
  }
  return [{ type: 'CartMerged', data: { cartId: state.cartId, fromCartId, lines: merged } }];
}

function lineOf(lines: readonly CartLine[], variantId: string): CartLine | undefined {
  return lines.find((line) => line.variantId === variantId);
}

function checkQuantity(asked: number, total: number): Rejection | null {
  const at = { kind: 'invalid' as const, pointer: '/quantity' };
  if (!Number.isInteger(asked) || asked < 1) return reject('invalid', 'The quantity is a whole number from 1.', at);
  if (total <= MAX_LINE_QUANTITY) return null;
  return reject('quantity_too_large', `A cart holds at most ${MAX_LINE_QUANTITY} of a variant: take fewer.`, at);
}

function checkLine(line: CartLine, lines: readonly CartLine[]): Rejection | null {
  const others = lines.filter(({ variantId }) => variantId !== line.variantId);
  const currency = others[0]?.unitPrice.currency;
  if (currency !== undefined && currency !== line.unitPrice.currency) {
    const detail = `This cart is in ${currency} and the item in ${line.unitPrice.currency}: buy it with another cart.`;
    return reject('currency_mismatch', detail, { kind: 'invalid', pointer: '/variantId' });
  }
  if (others.length < MAX_CART_LINES) return null;
  return reject('cart_full', `A cart holds at most ${MAX_CART_LINES} different items: check out first.`);
}

function notInCart(): Rejection {
  return reject('not_found', 'This item is not in the cart.', { kind: 'not_found' });
}
