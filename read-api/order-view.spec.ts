/** What of an order who gets to see: decided once more from its own row, whatever was let through before. */
import { describe, expect, it } from '@jest/globals';
import type { Subject } from '../domain/access/policy.ts';
import type { OrderResource } from '../domain/resources.ts';
import type { FoundOrder } from '../projections/orders/queries.ts';
import type { Reader } from '../projections/read.ts';
import { orderViewOf } from './order-view.ts';

const usd = { amount: 100, currency: 'USD' };
const line = (sellerId: string) =>
  ({ lineId: sellerId, variantId: sellerId, sellerId }) as OrderResource['lines'][number];
const resource = {
  orderId: 'o',
  status: 'action_required',
  email: 'ada@example.com',
  action: { type: 'challenge', paymentId: 'p' },
  sellerIds: ['ours', 'theirs'],
  lines: [line('ours'), line('theirs')],
  totals: { items: usd, discount: usd, shipping: usd, tax: usd, total: usd },
  payments: [{ paymentId: 'p', method: 'card', status: 'challenged', amount: usd }],
} as unknown as OrderResource;
const order = (of: Partial<FoundOrder> = {}): FoundOrder => ({
  resource,
  revision: 0,
  position: null,
  buyerId: null,
  cartTokenHash: null,
  sellerIds: ['ours', 'theirs'],
  ...of,
});

/** Each has the seller account of its own name. */
const sellers = ['ours', 'stranger'];
const reader = {
  query: async ({ values: [userId] }: { values: string[] }) => ({
    rows: sellers.filter((id) => id === userId).map((id) => ({ seller_id: id, user_id: id })),
  }),
} as unknown as Reader;

const anonymous: Subject = { caller: { kind: 'anonymous' }, cartTokenHash: undefined };
const guest = (tokenHash: string): Subject => ({ caller: { kind: 'guest', tokenHash }, cartTokenHash: tokenHash });
const user = (userId: string, roles: readonly string[] = ['buyer'], cartTokenHash?: string): Subject => ({
  caller: { kind: 'user', userId, roles },
  cartTokenHash,
});
const seen = async (subject: Subject, of: FoundOrder) => (await orderViewOf(reader, subject))(of);

describe('an order is shown', () => {
  it.each([
    ['its buyer', user('buyer'), order({ buyerId: 'buyer' })],
    ['who holds the token of its cart', guest('hash'), order({ cartTokenHash: 'hash' })],
    ['who holds the token and signed in since', user('anybody', ['buyer'], 'hash'), order({ cartTokenHash: 'hash' })],
    ['a seller who bought of itself', user('ours'), order({ buyerId: 'ours' })],
    ['support', user('s', ['support']), order()],
    ['administrators', user('a', ['admin']), order()],
  ])('whole to %s', async (_who, subject, of) => expect(await seen(subject, of)).toEqual(resource));

  it('to a seller concerned by its own lines alone: without e-mail, payments, totals and action', async () => {
    const view = await seen(user('ours', ['buyer', 'seller']), order({ buyerId: 'buyer' }));
    const { email: _e, payments: _p, totals: _t, action: _a, ...rest } = resource;
    expect(view).toEqual({ ...rest, lines: [line('ours')] });
  });

  it.each([
    ['a user who did not buy it', user('nobody'), order({ buyerId: 'buyer' })],
    ['a user, where a guest bought it', user('nobody'), order({ cartTokenHash: 'hash' })],
    ['a seller of none of its lines', user('stranger', ['seller']), order({ buyerId: 'buyer' })],
    ['a guest with another token', guest('other'), order({ cartTokenHash: 'hash' })],
    ['a guest, where an account bought it', guest('hash'), order({ buyerId: 'buyer' })],
    ['ops and analysts', user('o', ['ops', 'analyst']), order({ buyerId: 'buyer' })],
    ['somebody without any credential', anonymous, order()],
  ])('not to %s', async (_who, subject, of) => {
    await expect(seen(subject, of)).rejects.toMatchObject({ problem: { status: 404 } });
  });
});
