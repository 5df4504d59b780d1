/** The rules of carts that end otherwise than by an order: merged, or forgotten. */
import { describe, expect, it } from '@jest/globals';
import { later } from '../instant.ts';
import { money } from '../money.ts';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id } from '../testing/samples.ts';
import type { CartCommand } from './commands.ts';
import { cartDecider } from './decide.ts';
import type { CartEvent } from './events.ts';
import { MAX_MERGED } from './state.ts';
import {
  abandoned,
  add,
  added,
  cartId,
  changed,
  checkedOut,
  checkOut,
  full,
  line,
  merge,
  merged,
  mergeInto,
  opened,
  otherCurrency,
  reopened,
  withOne,
} from './testing/samples.ts';

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
