/** Sellers and their standing: one row per seller, joined on read by whatever shows their goods. */
import { defineProjection, given, must } from '../runtime/types.ts';

export type SellerRow = {
  readonly seller_id: string;
  readonly user_id: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly country: string | null;
  readonly status: 'applied' | 'approved' | 'suspended';
  readonly created_at: string;
};

export const sellersProjection = defineProjection<
  'SellerApplied' | 'SellerApproved' | 'ShopProfileChanged' | 'SellerSuspended',
  SellerRow
>({
  name: 'sellers',
  version: 1,
  table: 'sellers',
  keyColumn: 'seller_id',
  category: 'seller',
  columns: {
    seller_id: 'text',
    user_id: 'text',
    name: 'text',
    slug: 'text',
    description: 'text',
    country: 'text',
    status: 'text',
    created_at: 'text',
  },
  indexes: ['(user_id)', '(position)'],
  wants: ['SellerApplied', 'SellerApproved', 'ShopProfileChanged', 'SellerSuspended'],
  keys: (event) => [event.data.sellerId],
  project(event, row, key) {
    switch (event.type) {
      case 'SellerApplied': {
        const { userId, name, slug, description = null, country = null } = event.data;
        const created_at = event.metadata.occurredAt;
        return { seller_id: key, user_id: userId, name, slug, description, country, status: 'applied', created_at };
      }
      case 'SellerApproved':
        return { ...must(row, event, key), status: 'approved' };
      case 'SellerSuspended':
        return { ...must(row, event, key), status: 'suspended' };
      case 'ShopProfileChanged': {
        const { sellerId: _, ...changed } = event.data;
        return { ...must(row, event, key), ...given(changed) };
      }
    }
  },
});
