/** What can happen to the stock of one variant. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { skuSchema } from '../products/events.ts';
import { text } from '../text.ts';

export const quantitySchema = z.number().int().min(1).max(1_000_000);

const reservation = { variantId: idSchema, orderId: idSchema, quantity: quantitySchema };

/** Stream `inventory-{variantId}`. */
export const inventoryEvents = defineEvents({
  /** The variant exists: from here on its stock can be looked up, at zero, and its product found by its id alone. */
  StockOpened: {
    version: 1,
    schema: z.strictObject({ variantId: idSchema, productId: idSchema, sellerId: idSchema, sku: skuSchema.nullable() }),
  },
  StockReceived: {
    version: 1,
    schema: z.strictObject({
      variantId: idSchema,
      productId: idSchema,
      sellerId: idSchema,
      sku: skuSchema.nullable(),
      quantity: quantitySchema,
    }),
  },
  /** Counted again: lost, found, broken. */
  StockAdjusted: {
    version: 1,
    schema: z.strictObject({
      variantId: idSchema,
      delta: z.number().int().min(-1_000_000).max(1_000_000),
      reason: text(500, 1),
    }),
  },
  StockReserved: { version: 1, schema: z.strictObject(reservation) },
  /**
   * A reservation ended without a sale. With `quantity` 0 nothing was reserved and this is a tombstone: a reservation
   * for this order that is still under way must be refused. `validUntil` says until when one could be.
   */
  ReservationReleased: {
    version: 1,
    schema: z.strictObject({ ...reservation, quantity: z.number().int().min(0), validUntil: z.iso.datetime() }),
  },
  /** Sold: off the shelf and out of the reservations. */
  ReservationCommitted: { version: 1, schema: z.strictObject(reservation) },
  /** What was sold came back: a cancelled order whose reservation had been committed, or a return. */
  StockReturned: { version: 1, schema: z.strictObject(reservation) },
});
export type InventoryEvent = EventOf<typeof inventoryEvents>;
