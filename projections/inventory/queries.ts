/** The only SELECTs on stock. */
import type { InventoryResource } from '../../domain/resources.ts';
import type { Position } from '../../event-store/port.ts';
import { type Found, isKey, latestOf, type Reader } from '../read.ts';

export type FoundInventory = Found<InventoryResource> & { readonly sellerId: string };

type Joined = {
  readonly variant_id: string;
  readonly product_id: string;
  readonly seller_id: string;
  readonly sku: string | null;
  readonly on_hand: number | null;
  readonly reserved: number | null;
  readonly revision: number | null;
  readonly position: Position | null;
  readonly variant_position: Position;
};

// From the variant, so that one that never had stock shows none instead of nothing.
const FIND = `select v.variant_id, v.product_id, v.seller_id, v.sku, v.position as variant_position,
    i.on_hand, i.reserved, i.revision, i.position
  from projections.variants v left join projections.inventory i using (variant_id) where v.variant_id = $1`;

/** Stock of a variant; undefined where there is no such variant. Reads the projections `inventory` and `variants`. */
export async function findInventory(reader: Reader, variantId: string): Promise<FoundInventory | undefined> {
  if (!isKey(variantId)) return undefined;
  const { rows } = await reader.query<Joined>({ name: 'find-inventory', text: FIND, values: [variantId] });
  const row = rows[0];
  if (!row) return undefined;
  const onHand = row.on_hand ?? 0;
  const reserved = row.reserved ?? 0;
  const resource: InventoryResource = {
    variantId: row.variant_id,
    sku: row.sku,
    productId: row.product_id,
    onHand,
    reserved,
    available: Math.max(onHand - reserved, 0),
  };
  const position = latestOf(row.position, row.variant_position);
  return { resource, revision: row.revision ?? -1, position, sellerId: row.seller_id };
}
