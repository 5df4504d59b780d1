import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cartDecider } from '../../domain/carts/decide.ts';
import { isRejection } from '../../domain/rejection.ts';
import { newId } from '../../platform/ids.ts';
import { changeProduct } from '../products/change.ts';
import { reviseVariant } from '../products/revise-variant.ts';
import { suspendSeller } from '../sellers/suspend.ts';
import { accepted, openMarket, type TestMarket } from '../testing/test-market.ts';
import { createTestShop, Killed, type TestShop } from '../testing/test-shop.ts';
import { addItem } from './add-item.ts';
import { cartTokenHash } from './cart-token.ts';
import { changeQuantity } from './change-quantity.ts';
import { mergeCarts } from './merge.ts';
import { mergeCartProcess } from './merge-cart.process.ts';
import { type OpenedCart, openCart } from './open.ts';
import { removeItem } from './remove-item.ts';

let test: TestShop;
let market: TestMarket;
beforeAll(async () => {
  test = await createTestShop();
  market = await openMarket(test);
});
afterAll(() => test.stop());

const open = async (buyerId: string | null = null): Promise<OpenedCart> =>
  accepted(await openCart(test.shop, { cartId: newId(), buyerId }, test.context()));
const variantOf = async (at: TestMarket = market) => {
  const product = await at.publish(null);
  return { product, variantId: product.variants[0]?.variantId ?? '' };
};
const add = (cartId: string, variantId: string, quantity: number) =>
  addItem(test.shop, { cartId, variantId, quantity }, test.context());
const linesOf = async (cartId: string) => {
  const { state } = await test.shop.runtime.load(cartDecider, cartId, { fresh: true });
  return state.status === 'none' ? [] : state.lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
};

describe('opening a cart', () => {
  it('gives a guest a token whose hash alone is kept, and the same token when repeated', async () => {
    const context = test.context();
    const cartId = newId();
    const first = accepted(await openCart(test.shop, { cartId, buyerId: null }, context));
    const again = accepted(await openCart(test.shop, { cartId, buyerId: null }, context));
    expect(first.cartToken).toMatch(/^[\w-]{43}$/);
    expect(again.cartToken).toBe(first.cartToken);
    expect(first.state.cartTokenHash).toBe(cartTokenHash(first.cartToken ?? ''));
  });

  it('gives a signed-in buyer none', async () => {
    const cart = await open(newId());
    expect(cart.cartToken).toBeUndefined();
    expect(cart.state.cartTokenHash).toBeNull();
  });
});

describe('filling a cart', () => {
  it('takes the price from the product, and adds up', async () => {
    const { state: cart } = await open();
    const { variantId, product } = await variantOf();
    accepted(await add(cart.cartId, variantId, 2));
    const price = { amount: 2_500, currency: 'USD' };
    accepted(await reviseVariant(test.shop, { productId: product.productId, variantId, price }, test.context()));
    const { state } = accepted(await add(cart.cartId, variantId, 1));
    expect(state.lines).toEqual([{ variantId, productId: product.productId, quantity: 3, unitPrice: price }]);
  });

  it('is refused for what is not there, not published, archived, or of a suspended seller', async () => {
    const { state: cart } = await open();
    expect(await add(cart.cartId, newId(), 1)).toMatchObject({ kind: 'invalid', pointer: '/variantId' });
    const { variantId, product } = await variantOf();
    accepted(await changeProduct(test.shop, { type: 'ArchiveProduct', productId: product.productId }, test.context()));
    expect(await add(cart.cartId, variantId, 1)).toMatchObject({ kind: 'conflict', code: 'not_for_sale' });
    const other = await openMarket(test);
    const theirs = await variantOf(other);
    accepted(await suspendSeller(test.shop, { sellerId: other.sellerId }, test.context()));
    expect(await add(cart.cartId, theirs.variantId, 1)).toMatchObject({ code: 'not_for_sale' });
  });

  it('is refused beyond 999 of a line', async () => {
    const { state: cart } = await open();
    const { variantId } = await variantOf();
    accepted(await add(cart.cartId, variantId, 999));
    expect(await add(cart.cartId, variantId, 1)).toMatchObject({ kind: 'invalid', code: 'quantity_too_large' });
  });

  it('counts each of many who add at the same moment', async () => {
    const { state: cart } = await open();
    const { variantId } = await variantOf();
    await Promise.all(Array.from({ length: 20 }, () => add(cart.cartId, variantId, 1)));
    expect(await linesOf(cart.cartId)).toEqual([{ variantId, quantity: 20 }]);
  });

  it('sets and removes, also what is not for sale any more', async () => {
    const { state: cart } = await open();
    const { variantId, product } = await variantOf();
    const item = { cartId: cart.cartId, variantId };
    expect(await changeQuantity(test.shop, { ...item, quantity: 2 }, test.context())).toMatchObject({
      kind: 'not_found',
    });
    accepted(await add(cart.cartId, variantId, 1));
    accepted(await changeQuantity(test.shop, { ...item, quantity: 7 }, test.context()));
    expect(await linesOf(cart.cartId)).toEqual([{ variantId, quantity: 7 }]);
    accepted(await changeProduct(test.shop, { type: 'ArchiveProduct', productId: product.productId }, test.context()));
    accepted(await changeQuantity(test.shop, { ...item, quantity: 0 }, test.context()));
    expect(await linesOf(cart.cartId)).toEqual([]);
    expect(await removeItem(test.shop, item, test.context())).toMatchObject({ kind: 'not_found' });
  });
});

describe('merging carts', () => {
  const setUp = async () => {
    const { variantId } = await variantOf();
    const target = await open(newId());
    const source = await open();
    accepted(await add(target.state.cartId, variantId, 1));
    accepted(await add(source.state.cartId, variantId, 2));
    const merge = {
      cartId: target.state.cartId,
      fromCartId: source.state.cartId,
      fromTokenHash: cartTokenHash(source.cartToken ?? ''),
    };
    return { variantId, merge };
  };

  it('takes every line once, however often and at once it is asked', async () => {
    const { variantId, merge } = await setUp();
    const context = test.context();
    await Promise.all([1, 2, 3].map(() => mergeCarts(test.shop, merge, context)));
    accepted(await mergeCarts(test.shop, merge, test.context()));
    expect(await linesOf(merge.cartId)).toEqual([{ variantId, quantity: 3 }]);
    expect((await test.typesOf(`cart-${merge.cartId}`)).filter((type) => type === 'CartMerged')).toHaveLength(1);
    expect(await add(merge.fromCartId, variantId, 1)).toMatchObject({ code: 'cart_not_open' });
  });

  it('is refused without the token of the source', async () => {
    const { merge } = await setUp();
    const unproved = { ...merge, fromTokenHash: cartTokenHash('guess') };
    expect(await mergeCarts(test.shop, unproved, test.context())).toMatchObject({ pointer: '/cartToken' });
    const unknown = { ...merge, fromCartId: newId() };
    expect(await mergeCarts(test.shop, unknown, test.context())).toMatchObject({ pointer: '/fromCartId' });
  });

  it('gives one source to exactly one of two targets', async () => {
    const { merge } = await setUp();
    const other = await open(newId());
    const asked = [merge, { ...merge, cartId: other.state.cartId }].map((one) =>
      mergeCarts(test.shop, one, test.context()),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(isRejection)).toEqual([expect.objectContaining({ code: 'cart_not_open' })]);
  });

  it('leaves the source open where the target would not take its lines', async () => {
    const { variantId, merge } = await setUp();
    const euros = await variantOf();
    const price = { amount: 100, currency: 'EUR' };
    const ids = { productId: euros.product.productId, variantId: euros.variantId };
    accepted(await reviseVariant(test.shop, { ...ids, price }, test.context()));
    const target = await open(newId());
    accepted(await add(target.state.cartId, euros.variantId, 1));
    const refused = await mergeCarts(test.shop, { ...merge, cartId: target.state.cartId }, test.context());
    expect(refused).toMatchObject({ code: 'currency_mismatch' });
    expect(isRejection(await add(merge.fromCartId, variantId, 1))).toBe(false);
  });

  it('is finished by the process when the writer died between the two carts, and once only', async () => {
    const { variantId, merge } = await setUp();
    await expect(mergeCarts(test.dyingBefore('MergeCart'), merge, test.context())).rejects.toBeInstanceOf(Killed);
    const process = mergeCartProcess(test.shop);
    await process.advance(merge.fromCartId, { correlationId: newId() });
    await process.advance(merge.fromCartId, { correlationId: newId() });
    accepted(await mergeCarts(test.shop, merge, test.context()));
    expect(await linesOf(merge.cartId)).toEqual([{ variantId, quantity: 3 }]);
  });
});
