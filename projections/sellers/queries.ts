/** The only SELECTs on sellers. */
import type { SellerResource } from '../../domain/resources.ts';
import { type Found, isKey, type Reader } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { SellerRow } from './projection.ts';

/** A seller; undefined where there is none. Reads the projection `sellers`. */
export async function findSeller(reader: Reader, sellerId: string): Promise<Found<SellerResource> | undefined> {
  if (!isKey(sellerId)) return undefined;
  const text = 'select * from projections.sellers where seller_id = $1';
  const { rows } = await reader.query<SellerRow & Stamp>({ name: 'find-seller', text, values: [sellerId] });
  return rows[0] && found(rows[0]);
}

/** The seller account of a user, who has one at most. Reads the projection `sellers`. */
export async function findSellerOfUser(reader: Reader, userId: string): Promise<Found<SellerResource> | undefined> {
  if (!isKey(userId)) return undefined;
  const text = 'select * from projections.sellers where user_id = $1 order by created_at limit 1';
  const { rows } = await reader.query<SellerRow & Stamp>({ name: 'find-seller-of-user', text, values: [userId] });
  return rows[0] && found(rows[0]);
}

function found(row: SellerRow & Stamp): Found<SellerResource> {
  const resource: SellerResource = {
    sellerId: row.seller_id,
    userId: row.user_id,
    name: row.name,
    slug: row.slug,
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.country === null ? {} : { country: row.country }),
    status: row.status,
    createdAt: row.created_at,
  };
  return { resource, revision: row.revision, position: row.position };
}
