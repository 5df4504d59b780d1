/** Draws up what an order will be placed with: prices frozen from the product streams, every quick refusal given here. */

import type { CartLine } from '../../domain/carts/events.ts';
import type { Cart } from '../../domain/carts/state.ts';
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import { availableOf } from '../../domain/inventory/state.ts';
import { type Money, sameMoney } from '../../domain/money.ts';
import { type Quoted, quote } from '../../domain/pricing/price.ts';
import type { OrderLine, ShippingOption } from '../../domain/pricing/schema.ts';
import { productDecider } from '../../domain/products/decide.ts';
import { isRejection, type Rejection, reject } from '../../domain/rejection.ts';
import { sellerDecider } from '../../domain/sellers/decide.ts';
import { derivedId, timeOf } from '../../platform/ids.ts';
import type { Shop } from '../shop.ts';

/** A line of the order before it is priced. */
type DraftLine = Omit<OrderLine, 'lineTotal'>;

export type DraftInput = {
  readonly cart: Cart;
  readonly orderId: string;
  /** ISO 3166-1 alpha-2: where it is shipped to decides the tax. */
  readonly country: string;
  readonly shippingOptionId: string | undefined;
  /** The total the buyer saw and agrees to. */
  readonly acceptTotal: Money | undefined;
};

/** The priced order, or why it cannot be: 409 `cart_empty`, `not_for_sale`, `price_changed`, `out_of_stock`, or 422. */
export async function draftQuote(shop: Shop, input: DraftInput): Promise<Quoted<DraftLine> | Rejection> {
  const drafted = await draftOn(shop, input, false);
  // A refusal is given on the log as it now is, never on what was kept of it.
  return isRejection(drafted) ? draftOn(shop, input, true) : drafted;
}

async function draftOn(shop: Shop, input: DraftInput, fresh: boolean): Promise<Quoted<DraftLine> | Rejection> {
  const { cart, country, acceptTotal } = input;
  const [first] = cart.lines;
  if (!first) return reject('cart_empty', 'There is nothing in this cart: put something in first.');
  const shippingOption = shippingOf(shop, first.unitPrice.currency, input.shippingOptionId);
  if (isRejection(shippingOption)) return shippingOption;
  const lines = await linesOf(shop, input, fresh);
  if (isRejection(lines)) return lines;
  const quoted = quote({
    currency: first.unitPrice.currency,
    lines,
    shippingOption,
    taxBasisPoints: shop.pricing.taxBasisPoints[country] ?? 0,
  });
  return priceChange(cart, quoted, acceptTotal) ?? (await outOfStock(shop, cart.lines, fresh)) ?? quoted;
}

function shippingOf(shop: Shop, currency: string, wanted: string | undefined): ShippingOption | Rejection {
  const { id, name, amount } = shop.pricing.shipping;
  if (wanted === undefined || wanted === id) return { id, name, price: { amount, currency } };
  const detail = `There is no shipping option ${wanted}: use ${id}, or leave it out.`;
  return reject('invalid', detail, { kind: 'invalid', pointer: '/shippingOptionId' });
}

async function linesOf(shop: Shop, input: DraftInput, fresh: boolean): Promise<DraftLine[] | Rejection> {
  const lines = await Promise.all(
    input.cart.lines.map((line) => lineOf(shop, { line, fresh, orderId: input.orderId })),
  );
  return lines.find(isRejection) ?? lines.filter((line): line is DraftLine => !isRejection(line));
}

async function lineOf(
  shop: Shop,
  { line, orderId, fresh }: { readonly line: CartLine; readonly orderId: string; readonly fresh: boolean },
): Promise<DraftLine | Rejection> {
  const { state: product } = await shop.runtime.load(productDecider, line.productId, { fresh });
  if (product.status !== 'published') return notForSale(line);
  const variant = product.variants.find(({ variantId }) => variantId === line.variantId);
  if (!variant || variant.price.currency !== line.unitPrice.currency) return notForSale(line);
  const { state: seller } = await shop.runtime.load(sellerDecider, product.sellerId, { fresh });
  if (seller.status !== 'approved') return notForSale(line);
  return {
    // The time in front is the order's: lines sort with it, and the same line of the same order has the same id.
    lineId: derivedId(timeOf(orderId), orderId, 'line', line.variantId),
    variantId: line.variantId,
    productId: line.productId,
    sellerId: product.sellerId,
    sku: variant.sku,
    name: product.name,
    image: product.images[0]?.url ?? null,
    options: variant.options,
    quantity: line.quantity,
    unitPrice: variant.price,
  };
}

function notForSale({ variantId, productId }: CartLine): Rejection {
  const detail = 'An item in this cart cannot be bought any more: remove it and check out again.';
  return reject('not_for_sale', detail, { extra: { variantId, productId } });
}

/** Prices may not change behind the buyer's back: against the total they name, else against what the cart recorded. */
function priceChange(cart: Cart, { totals, lines }: Quoted<DraftLine>, acceptTotal: Money | undefined) {
  const seen = new Map(cart.lines.map(({ variantId, unitPrice }) => [variantId, unitPrice]));
  const unchanged =
    acceptTotal === undefined
      ? lines.every(({ variantId, unitPrice }) => sameMoney(unitPrice, seen.get(variantId) ?? unitPrice))
      : sameMoney(acceptTotal, totals.total);
  if (unchanged) return undefined;
  const detail = 'A price changed: show the new totals, and send their total as acceptTotal to buy at it.';
  return reject('price_changed', detail, { extra: { totals } });
}

async function outOfStock(shop: Shop, lines: readonly CartLine[], fresh: boolean): Promise<Rejection | undefined> {
  const stock = await Promise.all(lines.map((line) => shop.runtime.load(inventoryDecider, line.variantId, { fresh })));
  const short = lines.findIndex((line, i) => {
    const loaded = stock[i];
    return loaded === undefined || availableOf(loaded.state) < line.quantity;
  });
  const line = lines[short];
  if (!line) return undefined;
  const available = Math.max(0, availableOf(stock[short]?.state ?? inventoryDecider.initialState));
  const left = available === 0 ? 'is sold out: remove it' : `is down to ${available}: take fewer`;
  const detail = `An item in this cart ${left} and check out again.`;
  return reject('out_of_stock', detail, { extra: { variantId: line.variantId, available } });
}
