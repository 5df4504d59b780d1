/** The shapes of a price: lines, totals and the lines that explain them. Frozen in events, shown in answers. */
import { z } from 'zod';
import { idSchema } from '../ids.ts';
import { currencySchema, moneySchema, priceSchema } from '../money.ts';
import { optionsSchema, skuSchema } from '../products/events.ts';
import { line, text } from '../text.ts';

/** Units of one variant in one cart or order. */
export const MAX_LINE_QUANTITY = 999;

/** `total = items - discount + shipping + tax`, all in one currency. */
export const totalsSchema = z.strictObject({
  items: moneySchema,
  discount: moneySchema,
  shipping: moneySchema,
  tax: moneySchema,
  total: moneySchema,
});
export type Totals = z.output<typeof totalsSchema>;

/** One figure of a total and where it comes from. */
export const explanationSchema = z.strictObject({
  kind: z.enum(['item', 'discount', 'shipping', 'tax']),
  label: text(400),
  amount: moneySchema,
});
export type Explanation = z.output<typeof explanationSchema>;

/** A line of an order, frozen as it was bought. */
export const orderLineSchema = z.strictObject({
  lineId: idSchema,
  variantId: idSchema,
  productId: idSchema,
  sellerId: idSchema,
  sku: skuSchema.nullable(),
  name: line(300),
  image: z.string().nullable(),
  options: optionsSchema,
  quantity: z.number().int().min(1).max(MAX_LINE_QUANTITY),
  unitPrice: priceSchema,
  lineTotal: moneySchema,
});
export type OrderLine = z.output<typeof orderLineSchema>;

export const shippingOptionSchema = z.strictObject({ id: line(50), name: line(100), price: priceSchema });
export type ShippingOption = z.output<typeof shippingOptionSchema>;

/** Everything an order is placed with, priced and frozen. */
export const quoteSchema = z.strictObject({
  currency: currencySchema,
  lines: z.array(orderLineSchema).min(1).max(100),
  totals: totalsSchema,
  explanation: z.array(explanationSchema),
  shippingOption: shippingOptionSchema,
});
export type Quote = z.output<typeof quoteSchema>;
