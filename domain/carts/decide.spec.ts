/** The rules of a cart: its lines, its checkout, and when it comes back. */
import { describe, expect, it } from '@jest/globals';
import { money } from '../money.ts';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id, usd } from '../testing/samples.ts';
import type { CartCommand } from './commands.ts';
import { cartDecider } from './decide.ts';
import {
  abandoned,
  add,
  added,
  cartId,
  change,
  changed,
  checkedOut,
  checkOut,
  full,
  line,
  merge,
  mergeInto,
  notFound,
  opened,
  otherCurrency,
  remove,
  removed,
  reopen,
  reopened,
  termsOf,
  tooLarge,
  withOne,
} from './testing/samples.ts';

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
