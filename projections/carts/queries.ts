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
type Shown = { readonly details: readonly Detail[] | null; readonly shown_position: Position | null };

/** What lines show, by their variants; `lines` has the column "variantId". At most 100, each found by primary keys. */
const detailsOf = (lines: string) => `select jsonb_agg(jsonb_build_object('variantId', v.variant_id, 'sku', v.sku,
      'options', v.options, 'name', p.name, 'image', p.images -> 0 ->> 'url',
      'available', greatest(coalesce(i.on_hand - i.reserved, 0), 0))) as details,
    max(greatest(v.position, p.position, i.position)) as shown_position
  from ${lines}
  join projections.variants v on v.variant_id = line."variantId"
  left join projections.products p on p.product_id = v.product_id
  left join projections.inventory i on i.variant_id = v.variant_id`;

// One statement, so that all is of one moment.
const FIND = `select c.*, d.details, d.shown_position from projections.carts c
  left join lateral (
    ${detailsOf('jsonb_to_recordset(c.lines) as line ("variantId" text)')}
  ) d on true
  where c.cart_id = $1`;

const DETAILS = detailsOf('unnest($1::text[]) as line ("variantId")');

/**
 * A cart with what its lines show; undefined where there is none. Reads the projections `carts`, `products`, `variants`
 * and `inventory`.
 */
export async function findCart(reader: Reader, cartId: string, price: PriceCart): Promise<FoundCart | undefined> {
  if (!isKey(cartId)) return undefined;
  const { rows } = await reader.query<CartRow & Stamp & Shown>({ name: 'find-cart', text: FIND, values: [cartId] });
  return rows[0] && foundCart(rows[0], rows[0], price);
}

/** A cart that is known already with what its lines show. Reads the projections `products`, `variants` and `inventory`. */
export async function completeCart(reader: Reader, cart: CartRow & Stamp, price: PriceCart): Promise<FoundCart> {
  const ids = cart.lines.map((line) => line.variantId);
  if (ids.length === 0) return foundCart(cart, { details: null, shown_position: null }, price);
  const { rows } = await reader.query<Shown>({ name: 'cart-details', text: DETAILS, values: [ids] });
  return foundCart(cart, rows[0] ?? { details: null, shown_position: null }, price);
}

function foundCart(cart: CartRow & Stamp, joined: Shown, price: PriceCart): FoundCart {
  return {
    resource: shown(cart, joined.details ?? [], price),
    revision: cart.revision,
    position: latestOf(cart.position, joined.shown_position),
    buyerId: cart.buyer_id,
    cartTokenHash: cart.cart_token_hash,
    orderId: cart.order_id,
  };
}

function shown(row: CartRow, detailed: readonly Detail[], price: PriceCart): CartResource {
  const details = new Map(detailed.map((detail) => [detail.variantId, detail]));
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
