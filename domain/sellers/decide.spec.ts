/** The rules of a seller account. */
import { describe, expect, it } from '@jest/globals';
import { given, NOW, stateOf } from '../testing/given.ts';
import { id } from '../testing/samples.ts';
import type { SellerCommand } from './commands.ts';
import { sellerDecider, sellerMayWrite } from './decide.ts';
import type { SellerEvent } from './events.ts';

const sellerId = id(10);
const userId = id(1);
const apply: SellerCommand = { type: 'ApplyAsSeller', sellerId, userId, name: 'Bób & Sons', country: 'US' };
const applied: SellerEvent = {
  type: 'SellerApplied',
  data: { sellerId, userId, name: 'Bób & Sons', slug: 'bob-and-sons', country: 'US' },
};
const approve: SellerCommand = { type: 'ApproveSeller', sellerId };
const approved: SellerEvent = { type: 'SellerApproved', data: { sellerId, userId } };
const suspend: SellerCommand = { type: 'SuspendSeller', sellerId, reason: 'fakes' };
const suspended: SellerEvent = { type: 'SellerSuspended', data: { sellerId, reason: 'fakes' } };
const change = (fields: object): SellerCommand => ({ type: 'ChangeShopProfile', sellerId, ...fields });
const notFound = { kind: 'not_found' } as const;

describe('applying', () => {
  it('makes a seller who waits for approval', () => given(sellerDecider).when(apply).gives(applied));
  it('is refused a second time', () => given(sellerDecider, [applied]).when(apply).isRefused('already_applied'));
});

describe('standing', () => {
  it('is approved after applying', () => given(sellerDecider, [applied]).when(approve).gives(approved));
  it('is approved once', () => given(sellerDecider, [applied, approved]).when(approve).changesNothing());
  it('is suspended', () => given(sellerDecider, [applied, approved]).when(suspend).gives(suspended));
  it('is suspended also before approval, without a reason', () =>
    given(sellerDecider, [applied])
      .when({ type: 'SuspendSeller', sellerId })
      .gives({ type: 'SellerSuspended', data: { sellerId } }));
  it('is suspended once', () => given(sellerDecider, [applied, suspended]).when(suspend).changesNothing());
  it('is approved again, which lifts a suspension', () =>
    given(sellerDecider, [applied, approved, suspended]).when(approve).gives(approved));
  it('of nobody is not approved', () => given(sellerDecider).when(approve).isRefused('not_found', notFound));
  it('of nobody is not suspended', () => given(sellerDecider).when(suspend).isRefused('not_found', notFound));
});

describe('the shop profile', () => {
  it('takes its slug from the name', () =>
    given(sellerDecider, [applied])
      .when(change({ name: 'Bob', country: 'US' }))
      .gives({ type: 'ShopProfileChanged', data: { sellerId, name: 'Bob', slug: 'bob' } }));
  it('records description and country', () =>
    given(sellerDecider, [applied])
      .when(change({ description: 'Tools', country: 'CA' }))
      .gives({ type: 'ShopProfileChanged', data: { sellerId, description: 'Tools', country: 'CA' } }));
  it('changes nothing where nothing differs', () =>
    given(sellerDecider, [applied])
      .when(change({ name: 'Bób & Sons', country: 'US' }))
      .changesNothing());
  it('of nobody is not changed', () => given(sellerDecider).when(change({})).isRefused('not_found', notFound));
  it('keeps what was not changed', () => {
    const changed: SellerEvent = { type: 'ShopProfileChanged', data: { sellerId, description: 'Tools' } };
    expect(stateOf(sellerDecider, [applied, approved, changed])).toEqual({
      ...applied.data,
      status: 'approved',
      description: 'Tools',
      createdAt: NOW,
    });
  });
});

describe('writing to the catalogue', () => {
  const refusal = { code: 'seller_not_approved', kind: 'forbidden' };
  it('is for approved sellers', () => expect(sellerMayWrite(stateOf(sellerDecider, [applied, approved]))).toBeNull());
  it('is refused before approval', () =>
    expect(sellerMayWrite(stateOf(sellerDecider, [applied]))).toMatchObject(refusal));
  it('is refused while suspended', () =>
    expect(sellerMayWrite(stateOf(sellerDecider, [applied, approved, suspended]))).toMatchObject(refusal));
  it('is refused to those who never applied', () =>
    expect(sellerMayWrite(sellerDecider.initialState)).toMatchObject(refusal));
});
