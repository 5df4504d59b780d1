/** The only SELECTs on carts. */
import { type Money, times } from '../../domain/money.ts';
import type { Totals } from '../../domain/pricing/schema.ts';
import type { CartResource } from '../../domain/resources.ts';
import type { Position } from '../../event-store/port.ts';
import { type Found, isKey, latestOf, type Reader } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { CartRow } from './projection.ts';

/** Totals of lines as far as they can be known before an address is; handed in, with the settings it needs. */
export type PriceCart = (
  lines: readonly { readonly unitPrice: Money; readonly quantity: number }[],
  currency: string,
) => Totals;

export type FoundCart = Found<CartResource> & {
  readonly buyerId: string | null;
  readonly cartTokenHash: string | null;
  /** The order it went into, while it is checked out. */
  readonly orderId: string | null;
};

type Detail = {
  readonly variantId: string;
  readonly sku: string | null;
  readonly options: Readonly<Record<string, string>>;
  readonly name: string | null;
  readonly image: string | null;
  readonly available: number;
};
type Joined = CartRow &
  Stamp & { readonly details: readonly Detail[] | null; readonly shown_position: Position | null };

// At most 100 lines, each found by primary keys; one statement, so that all is of one moment.
const FIND = `select c.*, d.details, d.shown_position from projections.carts c
  left join lateral (
    select jsonb_agg(jsonb_build_object('variantId', v.variant_id, 'sku', v.sku, 'options', v.options, 'name', p.name,
        'image', p.images -> 0 ->> 'url', 'available', greatest(coalesce(i.on_hand - i.reserved, 0), 0))) as details,
      max(greatest(v.position, p.position, i.position)) as shown_position
    from jsonb_array_elements(c.lines) line
    join projections.variants v on v.variant_id = line ->> 'variantId'
    left join projections.products p on p.product_id = v.product_id
    left join projections.inventory i on i.variant_id = v.variant_id
  ) d on true
  where c.cart_id = $1`;

/**
 * A cart with what its lines show; undefined where there is none. Reads the projections `carts`, `products`, `variants`
 * and `inventory`.
 */
export async function findCart(reader: Reader, cartId: string, price: PriceCart): Promise<FoundCart | undefined> {
  if (!isKey(cartId)) return undefined;
  const { rows } = await reader.query<Joined>({ name: 'find-cart', text: FIND, values: [cartId] });
  const row = rows[0];
  if (!row) return undefined;
  return {
    resource: shown(row, price),
    revision: row.revision,
    position: latestOf(row.position, row.shown_position),
    buyerId: row.buyer_id,
    cartTokenHash: row.cart_token_hash,
    orderId: row.order_id,
  };
}

function shown(row: Joined, price: PriceCart): CartResource {
  const details = new Map((row.details ?? []).map((detail) => [detail.variantId, detail]));
  const currency = row.lines[0]?.unitPrice.currency ?? null;
  return {
    cartId: row.cart_id,
    status: row.status,
    currency,
    lines: row.lines.map((line) => {
      const detail = details.get(line.variantId);
      return {
        variantId: line.variantId,
        productId: line.productId,
        sku: detail?.sku ?? null,
        ...(typeof detail?.name === 'string' ? { name: detail.name } : {}),
        image: detail?.image ?? null,
        ...(detail ? { options: { ...detail.options }, available: detail.available } : {}),
        quantity: line.quantity,
        unitPrice: line.unitPrice,
        lineTotal: times(line.unitPrice, line.quantity),
      };
    }),
    coupons: [],
    totals: currency === null ? null : price(row.lines, currency),
    updatedAt: row.updated_at,
  };
}
