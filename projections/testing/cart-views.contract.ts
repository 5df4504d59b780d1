/** What every engine of cart views must do. */
import { expect, it } from '@jest/globals';
import type { CartLine } from '../../domain/carts/events.ts';
import { cartResource } from '../../domain/resources.ts';
import type { Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { findCart } from '../carts/queries.ts';
import { price } from './price.ts';
import { purchase } from './purchase.ts';
import { approvedSeller, listing, type Told, told, usd } from './story.ts';
import { see, type ViewsUnderTest } from './views-under-test.ts';

/** Registers the rules with jest. */
export function cartViewsContract(subject: () => ViewsUnderTest): void {
  const find = (cartId: string, waitFor?: Position) => subject().carts.find(cartId, { price, waitFor });

  it('finds no cart where none was opened, nor under what is no id', async () => {
    const position = await see(subject(), opened(newId()));
    for (const id of [newId(), 'no/such\u0000id', '', `${newId()} `]) {
      expect(await find(id)).toBeUndefined();
      expect(await find(id, position)).toBeUndefined();
    }
  });

  it('shows what a cart holds, with what its lines show and what it comes to', async () => {
    const item = goods();
    await see(subject(), item.listed);
    const cartId = newId();
    const position = await see(subject(), [...opened(cartId), added(cartId, item.line(2))]);
    const found = await find(cartId, position);
    expect(cartResource.parse(found?.resource)).toMatchObject({
      cartId,
      status: 'open',
      currency: 'USD',
      lines: [
        {
          variantId: item.variantId,
          name: 'Thing',
          sku: 'T-1',
          image: 'https://x.example/t.jpg',
          options: { colour: 'black' },
          available: 7,
          quantity: 2,
          lineTotal: usd(3_998),
        },
      ],
      totals: { items: usd(3_998), total: usd(4_498) },
    });
    expect(found).toMatchObject({
      buyerId: null,
      cartTokenHash: `hash-${cartId}`,
      orderId: null,
      revision: 1,
      position,
    });
  });

  it('shows every change to whoever waits for its position, one after the other', async () => {
    const cartId = newId();
    const [one, two] = [goods(), goods()];
    await see(subject(), [...one.listed, ...two.listed, ...opened(cartId)]);
    const steps: [Told, readonly number[]][] = [
      [added(cartId, one.line(1)), [1]],
      [added(cartId, two.line(2)), [1, 2]],
      [changed(cartId, one.variantId, 5), [5, 2]],
      [added(cartId, one.line(6)), [6, 2]],
      [told(`cart-${cartId}`, 'ItemRemoved', { cartId, variantId: one.variantId }), [2]],
      [added(cartId, one.line(3)), [2, 3]],
    ];
    for (const [event, quantities] of steps) {
      const found = await find(cartId, await see(subject(), [event]));
      expect(found?.resource.lines.map((line) => line.quantity)).toEqual(quantities);
    }
  });

  it('shows the same as the rows for whole histories: merged, checked out, given back, given up', async () => {
    const under = subject();
    const histories = await wholeHistories(under);
    const cartIds = [...new Set(histories.map((event) => event.stream.replace('cart-', '')))];
    for (let from = 0; from < histories.length; from += 3) {
      const position = await see(under, histories.slice(from, from + 3));
      await under.projections.waitFor(position, ['carts'], 20_000);
      for (const cartId of cartIds) {
        expect(await find(cartId, position)).toEqual(await findCart(under.log.database.pool, cartId, price));
      }
    }
    const states = await Promise.all(cartIds.map(async (cartId) => (await find(cartId))?.resource.status));
    expect(states).toEqual(['abandoned', 'open', 'checked_out', 'abandoned']);
  });

  it('shows stock, name and image as they are now, though nothing happened to the cart', async () => {
    const item = goods();
    const cartId = newId();
    await see(subject(), [...item.listed, ...opened(cartId), added(cartId, item.line(1))]);
    await find(cartId);
    const { variantId, productId } = item;
    const position = await see(subject(), [
      told(`inventory-${variantId}`, 'StockReserved', { variantId, orderId: newId(), quantity: 4 }),
      told(`product-${productId}`, 'ProductRevised', { productId, name: 'Other thing' }),
    ]);
    const found = await find(cartId, position);
    expect(found?.resource.lines[0]).toMatchObject({ available: 3, name: 'Other thing' });
    expect(found?.revision).toBe(1);
    expect((found?.position ?? '') >= position).toBe(true);
  });

  it('shows the cart of a person who was erased, and a line whose variant nobody knows', async () => {
    const under = subject();
    const buyerId = newId();
    const line = { variantId: newId(), productId: newId(), sellerId: newId(), quantity: 1, unit: 700 };
    const bought = await purchase(under.log.seal, [line], { buyerId, cartTokenHash: null });
    await under.log.keys.erase(buyerId);
    const position = await see(under, [...bought.cart, ...bought.placed.slice(0, 1)]);
    const found = await find(bought.cartId, position);
    expect(found).toMatchObject({ buyerId, orderId: bought.orderId, resource: { status: 'checked_out' } });
    expect(found?.resource.lines).toMatchObject([{ sku: null, image: null, lineTotal: usd(700) }]);
  });
}

type Owner = { readonly buyerId: string | null; readonly cartTokenHash: string | null };
const guest = (cartId: string): Owner => ({ buyerId: null, cartTokenHash: `hash-${cartId}` });
const opened = (cartId: string, owner: Owner = guest(cartId)): Told[] => [
  told(`cart-${cartId}`, 'CartOpened', { cartId, ...owner }),
];
const added = (cartId: string, line: CartLine): Told =>
  told(`cart-${cartId}`, 'ItemAdded', { cartId, quantity: line.quantity, line });
const changed = (cartId: string, variantId: string, quantity: number): Told =>
  told(`cart-${cartId}`, 'QuantityChanged', { cartId, variantId, quantity, unitPrice: usd(1_999) });

/** A product with seven in stock. */
function goods() {
  const [productId, variantId, sellerId] = [newId(), newId(), newId()];
  const of = { productId, variantId, sellerId, categoryId: newId(), name: 'Thing', sku: 'T-1', stock: 7 };
  const line = (quantity: number): CartLine => ({ variantId, productId, quantity, unitPrice: usd(1_999) });
  const listed = [...approvedSeller(sellerId), ...listing({ ...of, image: 'https://x.example/t.jpg' })];
  return { productId, variantId, listed, line };
}

/** Four carts: merged into the second; open; bought; given back and then given up. */
async function wholeHistories(under: ViewsUnderTest): Promise<Told[]> {
  const item = goods();
  await see(under, item.listed);
  const [source, target] = [newId(), newId()];
  const line = { ...item.line(2), sellerId: newId(), unit: 1_999 };
  const kept = await purchase(under.log.seal, [line], { buyerId: newId(), cartTokenHash: null });
  const refused = await purchase(under.log.seal, [line], guest(newId()));
  const { cartId, orderId } = refused;
  return [
    ...opened(source),
    added(source, item.line(2)),
    ...opened(target, { buyerId: newId(), cartTokenHash: null }),
    told(`cart-${source}`, 'CartAbandoned', { cartId: source, reason: 'merged', mergedInto: target }),
    told(`cart-${target}`, 'CartMerged', { cartId: target, fromCartId: source, lines: [item.line(2)] }),
    changed(target, item.variantId, 3),
    ...kept.cart,
    ...kept.placed.slice(0, 1),
    ...refused.cart,
    ...refused.placed.slice(0, 1),
    told(`cart-${cartId}`, 'CartReopened', { cartId, orderId }),
    changed(cartId, item.variantId, 9),
    told(`cart-${cartId}`, 'CartAbandoned', { cartId, reason: 'expired', mergedInto: null }),
  ];
}
