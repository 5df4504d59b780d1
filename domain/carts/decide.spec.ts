/** The rules of a cart. */
import { describe, expect, it } from '@jest/globals';
import { later } from '../instant.ts';
import { type Money, money } from '../money.ts';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id, termsFor, usd } from '../testing/samples.ts';
import type { CartCommand } from './commands.ts';
import { cartDecider } from './decide.ts';
import { type CartEvent, type CartLine, MAX_CART_LINES } from './events.ts';
import { MAX_MERGED } from './state.ts';

const cartId = id(30);
const line = (n: number, quantity: number, unitPrice: Money = usd(1999)): CartLine => ({
  variantId: id(100 + n),
  productId: id(20),
  quantity,
  unitPrice,
});
const opened: CartEvent = { type: 'CartOpened', data: { cartId, buyerId: id(1), cartTokenHash: null } };
const add = (item: CartLine): CartCommand => ({ type: 'AddItem', cartId, line: item });
const added = (quantity: number, total: CartLine): CartEvent => ({
  type: 'ItemAdded',
  data: { cartId, quantity, line: total },
});
const withOne = [opened, added(2, line(1, 2))];
const full = [opened, ...Array.from({ length: MAX_CART_LINES }, (_, n) => added(1, line(n + 1, 1)))];
const change = (n: number, quantity: number, unitPrice: Money = usd(1999)): CartCommand => ({
  type: 'ChangeQuantity',
  cartId,
  variantId: line(n, 1).variantId,
  quantity,
  unitPrice,
});
const changed = (n: number, quantity: number, unitPrice: Money = usd(1999)): CartEvent => ({
  type: 'QuantityChanged',
  data: { cartId, variantId: line(n, 1).variantId, quantity, unitPrice },
});
const remove = (n: number): CartCommand => ({ type: 'RemoveItem', cartId, variantId: line(n, 1).variantId });
const removed = (n: number): CartEvent => ({ type: 'ItemRemoved', data: { cartId, variantId: line(n, 1).variantId } });
const merge = (lines: CartLine[], fromCartId = id(31)): CartCommand => ({
  type: 'MergeCart',
  cartId,
  fromCartId,
  lines,
});
const merged = (lines: CartLine[], fromCartId = id(31)): CartEvent => ({
  type: 'CartMerged',
  data: { cartId, fromCartId, lines },
});
const mergeInto = (intoCartId = id(32)): CartCommand => ({ type: 'MergeInto', cartId, intoCartId });
const abandoned: CartEvent = { type: 'CartAbandoned', data: { cartId, reason: 'merged', mergedInto: id(32) } };
const termsOf = (orderId: string, lines = [line(1, 2)]) => ({ ...termsFor(orderId, lines), cartId });
const checkOut = (orderId = id(40), lines?: CartLine[]): CartCommand => ({
  type: 'CheckOut',
  cartId,
  terms: termsOf(orderId, lines),
});
const checkedOut = (orderId = id(40)): CartEvent => ({
  type: 'CartCheckedOut',
  data: { cartId, terms: termsOf(orderId) },
});
const reopen = (orderId = id(40)): CartCommand => ({ type: 'ReopenCart', cartId, orderId });
const reopened = (orderId = id(40)): CartEvent => ({ type: 'CartReopened', data: { cartId, orderId } });
const tooLarge = { kind: 'invalid', pointer: '/quantity' } as const;
const otherCurrency = { kind: 'invalid', pointer: '/variantId' } as const;
const notFound = { kind: 'not_found' } as const;

describe('opening', () => {
  const open: CartCommand = { type: 'OpenCart', cartId, buyerId: id(1), cartTokenHash: null };
  it('starts a cart', () => given(cartDecider).when(open).gives(opened));
  it('changes nothing the second time', () => given(cartDecider, [opened]).when(open).changesNothing());
});

describe('adding an item', () => {
  it('puts it in', () =>
    given(cartDecider, [opened])
      .when(add(line(1, 2)))
      .gives(added(2, line(1, 2))));
  it('adds up, at the price of today', () =>
    given(cartDecider, withOne)
      .when(add(line(1, 3, usd(5))))
      .gives(added(3, line(1, 5, usd(5)))));
  it('takes 999 of a variant', () =>
    given(cartDecider, withOne)
      .when(add(line(1, 997)))
      .gives(added(997, line(1, 999))));
  it('takes no more than 999 of a variant in all', () =>
    given(cartDecider, withOne)
      .when(add(line(1, 998)))
      .isRefused('quantity_too_large', tooLarge));
  it('takes no less than one', () =>
    given(cartDecider, withOne)
      .when(add(line(1, 0)))
      .isRefused('invalid', tooLarge));
  it('keeps the cart in one currency', () =>
    given(cartDecider, withOne)
      .when(add(line(2, 1, money(1, 'EUR'))))
      .isRefused('currency_mismatch', otherCurrency));
  it('follows the only item to another currency', () =>
    given(cartDecider, withOne)
      .when(add(line(1, 1, money(1, 'EUR'))))
      .gives(added(1, line(1, 3, money(1, 'EUR')))));
  it('stops at 100 lines', () =>
    given(cartDecider, full)
      .when(add(line(101, 1)))
      .isRefused('cart_full'));
  it('adds up also in a full cart', () =>
    given(cartDecider, full)
      .when(add(line(100, 1)))
      .gives(added(1, line(100, 2))));
});

describe('changing a quantity', () => {
  it('records it with the price of today', () =>
    given(cartDecider, withOne)
      .when(change(1, 5, usd(7)))
      .gives(changed(1, 5, usd(7))));
  it('records a new price alone', () =>
    given(cartDecider, withOne)
      .when(change(1, 2, usd(7)))
      .gives(changed(1, 2, usd(7))));
  it('changes nothing where nothing differs', () => given(cartDecider, withOne).when(change(1, 2)).changesNothing());
  it('removes with 0', () => given(cartDecider, withOne).when(change(1, 0)).gives(removed(1)));
  it('takes no more than 999', () =>
    given(cartDecider, withOne).when(change(1, 1000)).isRefused('quantity_too_large', tooLarge));
  it('takes no less than 0', () => given(cartDecider, withOne).when(change(1, -1)).isRefused('invalid', tooLarge));
  it('keeps the cart in one currency', () =>
    given(cartDecider, [...withOne, added(1, line(2, 1))])
      .when(change(1, 1, money(1, 'EUR')))
      .isRefused('currency_mismatch', otherCurrency));
  it('needs the item in the cart', () =>
    given(cartDecider, withOne).when(change(2, 1)).isRefused('not_found', notFound));
});

describe('removing an item', () => {
  it('takes it out', () => given(cartDecider, withOne).when(remove(1)).gives(removed(1)));
  it('needs it in the cart', () => given(cartDecider, withOne).when(remove(2)).isRefused('not_found', notFound));
});

describe('merging', () => {
  it('adds up and appends', () =>
    given(cartDecider, withOne)
      .when(merge([line(1, 1), line(2, 4)]))
      .gives(merged([line(1, 3), line(2, 4)])));
  it('stops at 999 of a variant without a refusal', () =>
    given(cartDecider, withOne)
      .when(merge([line(1, 999)]))
      .gives(merged([line(1, 999)])));
  it('changes nothing the second time', () =>
    given(cartDecider, [...withOne, merged([line(1, 3)])])
      .when(merge([line(1, 1)]))
      .changesNothing());
  it('changes nothing the second time also after checkout', () =>
    given(cartDecider, [...withOne, merged([line(1, 2)]), checkedOut()])
      .when(merge([line(1, 1)]))
      .changesNothing());
  it('keeps the cart in one currency', () =>
    given(cartDecider, withOne)
      .when(merge([line(2, 1, money(1, 'EUR'))]))
      .isRefused('currency_mismatch', otherCurrency));
  it('stops at 100 lines', () =>
    given(cartDecider, full)
      .when(merge([line(100, 1), line(101, 1)]))
      .isRefused('cart_full'));
  it('stops at 100 lines also where they come together', () =>
    given(cartDecider, full.slice(0, -1))
      .when(merge([line(100, 1), line(101, 1)]))
      .isRefused('cart_full'));
  it('remembers the last carts only', () => {
    const events = Array.from({ length: MAX_MERGED + 1 }, (_, n) => merged([], id(500 + n)));
    expect(stateOf(cartDecider, [opened, ...events])).toMatchObject({ mergedFrom: events.slice(1).map(fromOf) });
  });
  const fromOf = ({ data }: CartEvent) => ('fromCartId' in data ? data.fromCartId : '');
});

describe('being merged into another cart', () => {
  it('abandons this one', () => given(cartDecider, withOne).when(mergeInto()).gives(abandoned));
  it('changes nothing the second time', () =>
    given(cartDecider, [...withOne, abandoned])
      .when(mergeInto())
      .changesNothing());
  it('is refused for a second cart', () =>
    given(cartDecider, [...withOne, abandoned])
      .when(mergeInto(id(33)))
      .isRefused('cart_not_open'));
  it('is refused after checkout', () =>
    given(cartDecider, [...withOne, checkedOut()])
      .when(mergeInto())
      .isRefused('cart_not_open'));
  it('leaves the lines to be read', () =>
    expect(stateOf(cartDecider, [...withOne, abandoned])).toMatchObject({
      status: 'abandoned',
      lines: [line(1, 2)],
    }));
});

describe('expiring', () => {
  const guests: CartEvent = { type: 'CartOpened', data: { cartId, buyerId: null, cartTokenHash: 'h' } };
  const forgotten = [guests, added(2, line(1, 2))];
  const expire = (untouchedSince = NOW): CartCommand => ({ type: 'ExpireCart', cartId, untouchedSince });
  const expired: CartEvent = { type: 'CartAbandoned', data: { cartId, reason: 'expired', mergedInto: null } };

  it('abandons a guest’s cart that nobody touched since', () =>
    given(cartDecider, forgotten).when(expire()).gives(expired));
  it('abandons an empty one as well', () => given(cartDecider, [guests]).when(expire()).gives(expired));
  it('changes nothing the second time', () =>
    given(cartDecider, [...forgotten, expired])
      .when(expire())
      .changesNothing());
  it('spares a cart that was touched since', () =>
    given(cartDecider, [...forgotten, { ...changed(1, 3), at: later(NOW, 1) }])
      .when(expire())
      .changesNothing());
  it('spares a cart of somebody with an account', () => given(cartDecider, withOne).when(expire()).changesNothing());
  it.each([
    ['was checked out', checkedOut()],
    ['went into another one', abandoned],
  ])('leaves alone a cart that %s', (_, event) =>
    given(cartDecider, [...forgotten, event])
      .when(expire())
      .changesNothing(),
  );
  it('counts from when an order gave the cart back', () => {
    const back = [...forgotten, checkedOut(), { ...reopened(), at: later(NOW, 1) }];
    given(cartDecider, back).when(expire()).changesNothing();
    given(cartDecider, back)
      .when(expire(later(NOW, 1)))
      .gives(expired);
  });
  it.each([add(line(1, 1)), checkOut(), mergeInto()])('closes the cart for $type, and says what to do', (command) => {
    const state = stateOf(cartDecider, [...forgotten, expired]);
    expect(cartDecider.decide(command, state, NOW)).toMatchObject({
      code: 'cart_not_open',
      detail: expect.stringContaining('POST /carts'),
    });
  });
  it('leaves the lines to be read', () =>
    expect(stateOf(cartDecider, [...forgotten, expired])).toMatchObject({
      status: 'abandoned',
      mergedInto: null,
      lines: [line(1, 2)],
    }));
});

describe('checking out', () => {
  it('gives the cart to its order', () => given(cartDecider, withOne).when(checkOut()).gives(checkedOut()));
  it('changes nothing the second time', () =>
    given(cartDecider, [...withOne, checkedOut()])
      .when(checkOut())
      .changesNothing());
  it('is refused for a second order', () =>
    given(cartDecider, [...withOne, checkedOut()])
      .when(checkOut(id(41)))
      .isRefused('already_checked_out', { extra: { orderId: id(40) } }));
  it('starts a second order after the first gave the cart back', () =>
    given(cartDecider, [...withOne, checkedOut(), reopened()])
      .when(checkOut(id(41)))
      .gives(checkedOut(id(41))));
  it('does not start the same order again after it gave the cart back', () =>
    given(cartDecider, [...withOne, checkedOut(), reopened()])
      .when(checkOut())
      .isRefused('already_checked_out'));
  it('needs something in the cart', () => given(cartDecider, [opened]).when(checkOut()).isRefused('cart_empty'));
  it('is refused where the cart was merged into another', () =>
    given(cartDecider, [...withOne, abandoned])
      .when(checkOut())
      .isRefused('cart_not_open'));
  it.each([
    ['a quantity changed', changed(1, 3)],
    ['a line came in', added(1, line(2, 1))],
  ])('is refused where %s since the terms were drawn up', (_, event) =>
    given(cartDecider, [...withOne, event])
      .when(checkOut())
      .isRefused('cart_changed'),
  );
  it('is refused where a line went since the terms were drawn up', () =>
    given(cartDecider, withOne)
      .when(checkOut(id(40), [line(1, 2), line(2, 1)]))
      .isRefused('cart_changed'));
});

describe('giving a cart back', () => {
  it('opens it again', () =>
    given(cartDecider, [...withOne, checkedOut()])
      .when(reopen())
      .gives(reopened()));
  it('changes nothing the second time', () =>
    given(cartDecider, [...withOne, checkedOut(), reopened()])
      .when(reopen())
      .changesNothing());
  it('is done only by the order that holds it', () =>
    given(cartDecider, [...withOne, checkedOut(), reopened(), checkedOut(id(41))])
      .when(reopen())
      .changesNothing());
});

describe('a cart that is not open', () => {
  const commands = [add(line(1, 1)), change(1, 1), remove(1), merge([])];
  it.each(commands)('refuses $type after checkout', (command) =>
    given(cartDecider, [...withOne, checkedOut()])
      .when(command)
      .isRefused('cart_not_open'),
  );
  it.each(commands)('refuses $type after a merge', (command) =>
    given(cartDecider, [...withOne, abandoned])
      .when(command)
      .isRefused('cart_not_open'),
  );
});

describe('a cart that does not exist', () => {
  it.each([add(line(1, 1)), change(1, 1), remove(1), merge([]), mergeInto(), checkOut(), reopen()])(
    'refuses $type',
    (command) => given(cartDecider).when(command).isRefused('not_found', notFound),
  );
});

describe('the state of a cart', () => {
  it('keeps the terms while it is checked out', () =>
    expect(stateOf(cartDecider, [...withOne, checkedOut()])).toMatchObject({
      status: 'checked_out',
      terms: termsOf(id(40)),
      lastOrderId: id(40),
    }));
  it('keeps the last order after it was given back', () =>
    expect(stateOf(cartDecider, [...withOne, checkedOut(), reopened()])).toMatchObject({
      status: 'open',
      terms: null,
      lastOrderId: id(40),
    }));
  it('keeps lines in the order they came in', () => {
    const events = [opened, added(1, line(1, 1)), added(1, line(2, 1)), changed(1, 9, usd(3)), removed(2)];
    expect(stateOf(cartDecider, events)).toMatchObject({ lines: [line(1, 9, usd(3))], updatedAt: NOW });
  });
});
