/** A seller's SKU names one variant. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { skuSchema } from '../products/events.ts';

const claim = { sellerId: idSchema, sku: skuSchema, productId: idSchema, variantId: idSchema };

/** Stream `sku-{sellerId}-{sku}`. */
export const skuEvents = defineEvents({
  /** `validUntil`: when a claim that its variant has not taken may be released by anyone. */
  SkuClaimed: { version: 1, schema: z.strictObject({ ...claim, validUntil: z.iso.datetime() }) },
  SkuReleased: { version: 1, schema: z.strictObject(claim) },
});
export type SkuEvent = EventOf<typeof skuEvents>;
