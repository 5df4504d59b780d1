/**
 * Carts that were filled and never became an order: how many, what was in them, and which products they hold most.
 * Run: npx souk replay docs/examples/forgotten-carts.ts --category cart
 */
import type { FoldedEvent } from '../../cli/history/fold.ts';

type Line = {
  readonly productId: string;
  readonly quantity: number;
  readonly amount: number;
  readonly currency: string;
};
type State = {
  /** Lines by variant, of each cart that is open or was given up. */
  readonly carts: Map<string, Map<string, Line>>;
  checkedOut: number;
};

export const initial: State = { carts: new Map(), checkedOut: 0 };

export function evolve(state: State, event: FoldedEvent): State {
  switch (event.type) {
    case 'ItemAdded':
      keep(state, event.data.cartId, [event.data.line]);
      break;
    case 'CartMerged':
      keep(state, event.data.cartId, event.data.lines);
      state.carts.delete(event.data.fromCartId);
      break;
    case 'QuantityChanged': {
      const { cartId, variantId, quantity, unitPrice } = event.data;
      const line = state.carts.get(cartId)?.get(variantId);
      if (line) keep(state, cartId, [{ variantId, productId: line.productId, quantity, unitPrice }]);
      break;
    }
    case 'ItemRemoved':
      state.carts.get(event.data.cartId)?.delete(event.data.variantId);
      break;
    case 'CartCheckedOut':
      state.carts.delete(event.data.cartId);
      state.checkedOut += 1;
      break;
  }
  return state;
}

export function finish({ carts, checkedOut }: State) {
  const amounts = new Map<string, number>();
  const products = new Map<string, number>();
  let forgotten = 0;
  for (const lines of carts.values()) {
    if (lines.size > 0) forgotten += 1;
    for (const { productId, quantity, amount, currency } of lines.values()) {
      amounts.set(currency, (amounts.get(currency) ?? 0) + amount);
      products.set(productId, (products.get(productId) ?? 0) + quantity);
    }
  }
  const most = [...products].sort(([, a], [, b]) => b - a).slice(0, 10);
  return { checkedOut, forgotten, amounts, most: most.map(([productId, quantity]) => ({ productId, quantity })) };
}

type CartLine = Extract<FoldedEvent, { type: 'ItemAdded' }>['data']['line'];

function keep({ carts }: State, cartId: string, lines: readonly CartLine[]): void {
  const cart = carts.get(cartId) ?? new Map<string, Line>();
  for (const { variantId, productId, quantity, unitPrice } of lines) {
    const { amount, currency } = unitPrice;
    cart.set(variantId, { productId, quantity, amount: amount * quantity, currency });
  }
  carts.set(cartId, cart);
}
