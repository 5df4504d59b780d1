/** What can happen to a cart. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { priceSchema } from '../money.ts';
import { orderTermsSchema } from '../orders/events.ts';
import { MAX_LINE_QUANTITY } from '../pricing/schema.ts';
import { text } from '../text.ts';

/** Lines of one cart. */
export const MAX_CART_LINES = 100;

const quantity = z.number().int().min(1).max(MAX_LINE_QUANTITY);

/** A line as the cart keeps it: `unitPrice` is the price at the line's last change. */
export const cartLineSchema = z.strictObject({
  variantId: idSchema,
  productId: idSchema,
  quantity,
  unitPrice: priceSchema,
});
export type CartLine = z.output<typeof cartLineSchema>;

const cart = { cartId: idSchema };

/** Stream `cart-{cartId}`. */
export const cartEvents = defineEvents({
  /** A guest's cart has no buyer and the hash of its token (SHA-256, hex). */
  CartOpened: {
    version: 1,
    schema: z.strictObject({ ...cart, buyerId: idSchema.nullable(), cartTokenHash: text(128, 1).nullable() }),
  },
  /** `quantity` is what was added, `line.quantity` what it came to. */
  ItemAdded: { version: 1, schema: z.strictObject({ ...cart, quantity, line: cartLineSchema }) },
  QuantityChanged: {
    version: 1,
    schema: z.strictObject({ ...cart, variantId: idSchema, quantity, unitPrice: priceSchema }),
  },
  ItemRemoved: { version: 1, schema: z.strictObject({ ...cart, variantId: idSchema }) },
  /** Another cart's lines came in; `lines` are the lines of this cart that it changed, as they then are. */
  CartMerged: {
    version: 1,
    schema: z.strictObject({ ...cart, fromCartId: idSchema, lines: z.array(cartLineSchema).max(MAX_CART_LINES) }),
  },
  /** From here on the cart is its order's, until the order gives it back. */
  CartCheckedOut: { version: 1, schema: z.strictObject({ ...cart, terms: orderTermsSchema }) },
  /** The order was rejected: the cart is open again. */
  CartReopened: { version: 1, schema: z.strictObject({ ...cart, orderId: idSchema }) },
  /** Closed for good: its lines went `mergedInto` another cart, or nobody touched this guest's cart for too long. */
  CartAbandoned: {
    version: 2,
    schema: z.strictObject({ ...cart, reason: z.enum(['merged', 'expired']), mergedInto: idSchema.nullable() }),
    upcasts: { 1: (data) => ({ ...data, reason: 'merged' }) },
  },
});
export type CartEvent = EventOf<typeof cartEvents>;
