/** What analytics answer with, column by column. What has no events yet (refunds, commission, reviews) is not there. */
import { z } from 'zod';

const count = z.number().int();
const amount = (words: string) => z.number().int().describe(`${words}; in minor units of the currency`);
const time = z.string();
const currency = z.string().describe('ISO 4217; amounts of several currencies are never added up');

const figures = {
  orders: count.describe('Orders confirmed'),
  units: count.describe('Units in them'),
  gross: amount('Their lines at the prices they were sold for, without tax and shipping'),
  discounts: amount('What was taken off these lines; a discount on a whole order is shared out by the lines’ totals'),
  cancelledOrders: count.describe('Orders cancelled that had been confirmed before, then or earlier'),
  cancelledUnits: count.describe('Units in them'),
  cancelled: amount('Their gross less their discounts: taken out when they were cancelled, not when they were sold'),
  net: amount('gross - discounts - cancelled; may be below zero'),
};

export const salesBucket = z.object({
  from: time.describe('When the bucket begins'),
  currency,
  ...figures,
});

export const productSales = z.object({
  productId: z.string(),
  variantId: z.string().nullable().describe('null in sums over all variants of a product'),
  sku: z.string().nullable(),
  name: z.string().nullable().describe('As it is today'),
  currency,
  ...figures,
});

export const orderSales = z.object({
  orderId: z.string(),
  number: z.string(),
  status: z.enum(['confirmed', 'cancelled']),
  currency,
  units: figures.units,
  gross: amount('The seller’s lines of it'),
  discounts: figures.discounts,
  cancelled: amount('gross - discounts of an order that was cancelled, else 0'),
  net: figures.net,
  placedAt: time,
  confirmedAt: time,
  cancelledAt: time.nullable(),
});

export const stockOutlookShape = z.object({
  productId: z.string(),
  variantId: z.string(),
  sku: z.string().nullable(),
  name: z.string(),
  onHand: count,
  reserved: count,
  available: count,
  sold: count.describe('Units confirmed in the last `days` days, less those cancelled in them; never below 0'),
  daysLeft: count.nullable().describe('Whole days that `available` lasts at that rate; null: nothing was sold'),
});

export const customersBucket = z.object({
  from: time.describe('When the bucket begins'),
  buyers: count.describe('Accounts that bought: whose orders were confirmed'),
  newBuyers: count.describe('Those of them whose first order of this seller it was'),
  returningBuyers: count.describe('buyers - newBuyers'),
  guestOrders: count.describe('Orders without an account: whether a guest comes back is not known'),
});
