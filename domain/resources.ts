/**
 * The published language: what clients get to see, to the letter of the API's page. Both APIs answer with these shapes;
 * the write side builds them from states, the read side from rows.
 */
import { z } from 'zod';
import { moneySchema } from './money.ts';
import { addressSchema, paymentMethodSchema } from './orders/events.ts';
import { totalsSchema } from './pricing/schema.ts';
import { imageSchema, optionsSchema, specificationSchema } from './products/events.ts';
import { roleSchema } from './users/events.ts';

const id = z.string();
const time = z.string();
const quantity = z.number().int();

export const userResource = z.object({
  userId: id,
  email: z.string(),
  name: z.string(),
  phone: z.string().optional(),
  roles: z.array(roleSchema),
  emailVerified: z.boolean(),
  createdAt: time,
});
export type UserResource = z.output<typeof userResource>;

export const sellerResource = z.object({
  sellerId: id,
  userId: id,
  name: z.string(),
  slug: z.string(),
  description: z.string().optional(),
  country: z.string().optional(),
  status: z.enum(['applied', 'approved', 'suspended']),
  createdAt: time,
});
export type SellerResource = z.output<typeof sellerResource>;

export const categoryResource = z.object({
  categoryId: id,
  parentId: id.nullable(),
  name: z.string(),
  slug: z.string(),
  path: z.array(z.string()),
  productCount: quantity,
});
export type CategoryResource = z.output<typeof categoryResource>;
export type CategoryNode = CategoryResource & { children: CategoryNode[] };

const rating = z.object({ average: z.number().nullable(), count: quantity });

/** `available` may be missing on answers to writes: stock is decided by other streams. */
export const variantResource = z.object({
  variantId: id,
  sku: z.string().nullable(),
  options: optionsSchema,
  price: moneySchema,
  available: quantity.optional(),
});

export const productResource = z.object({
  productId: id,
  sellerId: id,
  slug: z.string(),
  name: z.string(),
  brand: z.string(),
  categoryId: id,
  status: z.enum(['draft', 'published', 'archived']),
  description: z.string(),
  specifications: z.array(specificationSchema),
  images: z.array(imageSchema),
  variants: z.array(variantResource),
  rating: rating.optional(),
  createdAt: time,
  updatedAt: time,
});
export type ProductResource = z.output<typeof productResource>;

export const summaryResource = z.object({
  productId: id,
  sellerId: id,
  slug: z.string(),
  name: z.string(),
  brand: z.string(),
  categoryId: id,
  image: z.string().nullable(),
  priceFrom: moneySchema,
  priceTo: moneySchema,
  inStock: z.boolean(),
  rating,
  /** Where words that were looked for stand: HTML, escaped, with `<mark>` around what matched. */
  highlight: z.object({ name: z.string().optional(), description: z.string().optional() }).optional(),
});
export type SummaryResource = z.output<typeof summaryResource>;

export const inventoryResource = z.object({
  variantId: id,
  sku: z.string().nullable(),
  productId: id,
  onHand: quantity,
  reserved: quantity,
  available: quantity,
});
export type InventoryResource = z.output<typeof inventoryResource>;

/** What a cart's line shows of the product may be missing on answers to writes. */
export const cartLineResource = z.object({
  variantId: id,
  productId: id,
  sku: z.string().nullable().optional(),
  name: z.string().optional(),
  image: z.string().nullable().optional(),
  options: optionsSchema.optional(),
  quantity,
  unitPrice: moneySchema,
  lineTotal: moneySchema,
  available: quantity.optional(),
});

export const cartResource = z.object({
  cartId: id,
  status: z.enum(['open', 'checked_out', 'abandoned']),
  currency: z.string().nullable(),
  lines: z.array(cartLineResource),
  coupons: z.array(z.object({ code: z.string(), discount: moneySchema })),
  totals: totalsSchema.nullable().optional(),
  updatedAt: time,
});
export type CartResource = z.output<typeof cartResource>;

export const orderStatusSchema = z.enum([
  'placed',
  'action_required',
  'confirmed',
  'partly_shipped',
  'shipped',
  'delivered',
  'completed',
  'rejected',
  'cancelled',
]);
export type OrderStatus = z.output<typeof orderStatusSchema>;

export const paymentStatusSchema = z.enum([
  'requested',
  'challenged',
  'authorised',
  'captured',
  'partly_refunded',
  'refunded',
  'declined',
  'voided',
  'failed',
]);
export type PaymentStatus = z.output<typeof paymentStatusSchema>;

/** What the buyer has to do before the order can go on. */
export const orderActionResource = z.object({
  type: z.enum(['challenge', 'redirect', 'bank_transfer']),
  paymentId: id,
  url: z.string().optional(),
});
export type OrderAction = z.output<typeof orderActionResource>;

export const orderLineResource = z.object({
  lineId: id,
  variantId: id,
  productId: id,
  sellerId: id,
  sku: z.string().nullable(),
  name: z.string(),
  options: optionsSchema,
  quantity,
  unitPrice: moneySchema,
  lineTotal: moneySchema,
});

/** A seller sees its own lines only, without email, payments and totals. */
export const orderResource = z.object({
  orderId: id,
  number: z.string(),
  status: orderStatusSchema,
  reason: z.object({ code: z.string(), detail: z.string() }).optional(),
  action: orderActionResource.optional(),
  buyerId: id.nullable(),
  email: z.string().optional(),
  sellerIds: z.array(id),
  currency: z.string(),
  lines: z.array(orderLineResource),
  totals: totalsSchema.optional(),
  shippingAddress: addressSchema.nullable(),
  shippingOption: z.object({ id: z.string(), name: z.string(), price: moneySchema }),
  payments: z
    .array(z.object({ paymentId: id, method: paymentMethodSchema, status: paymentStatusSchema, amount: moneySchema }))
    .optional(),
  placedAt: time,
  updatedAt: time,
});
export type OrderResource = z.output<typeof orderResource>;

export const paymentResource = z.object({
  paymentId: id,
  orderId: id,
  method: paymentMethodSchema,
  status: paymentStatusSchema,
  amount: moneySchema,
  captured: moneySchema,
  refunded: moneySchema,
  updatedAt: time,
});
export type PaymentResource = z.output<typeof paymentResource>;
