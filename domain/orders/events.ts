/** What can happen to an order. Its stream alone decides how the order ends. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { quoteSchema } from '../pricing/schema.ts';
import { personal } from '../sealed.ts';
import { line, text } from '../text.ts';

export const addressSchema = z.strictObject({
  name: line(200),
  line1: line(200),
  line2: text(200).optional(),
  city: line(100),
  region: text(100).optional(),
  postalCode: line(20),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, { error: 'must be an ISO 3166-1 code of two letters such as US' }),
  phone: text(40).optional(),
});
export type Address = z.output<typeof addressSchema>;

export const paymentMethodSchema = z.enum(['card', 'wallet', 'bank_transfer', 'redirect']);
export type PaymentMethod = z.output<typeof paymentMethodSchema>;

/** All that an order is made of: decided at checkout, frozen, carried by the cart's and the order's event. */
export const orderTermsSchema = z.strictObject({
  orderId: idSchema,
  /** What people read to each other on the phone. */
  number: line(20),
  cartId: idSchema,
  /** Null: a guest, who proves the order by the cart's token. */
  buyerId: idSchema.nullable(),
  cartTokenHash: text(128, 1).nullable(),
  email: personal(z.string()),
  shippingAddress: personal(addressSchema),
  quote: quoteSchema,
  payment: z.strictObject({ paymentId: idSchema, method: paymentMethodSchema, token: personal(z.string()) }),
  placedAt: z.iso.datetime(),
  /** From then on anyone may propose to reject it. */
  deadline: z.iso.datetime(),
});
export type OrderTerms = z.output<typeof orderTermsSchema>;

export const rejectionReasonSchema = z.strictObject({
  code: z.enum([
    'out_of_stock',
    'payment_declined',
    'challenge_failed',
    'deadline_passed',
    'coupon_used_up',
    'payment_failed',
    'not_for_sale',
  ]),
  detail: text(500),
});
export type RejectionReason = z.output<typeof rejectionReasonSchema>;

const ends = { orderId: idSchema, cartId: idSchema };

/** Stream `order-{orderId}`. */
export const orderEvents = defineEvents({
  OrderPlaced: { version: 1, schema: orderTermsSchema },
  OrderConfirmed: { version: 1, schema: z.strictObject(ends) },
  /** May be the first event: the deadline passed before the order was placed. */
  OrderRejected: { version: 1, schema: z.strictObject({ ...ends, reason: rejectionReasonSchema }) },
  /** `wasConfirmed`: what was reserved had been sold, what was authorised may have been captured. */
  OrderCancelled: {
    version: 1,
    schema: z.strictObject({
      ...ends,
      wasConfirmed: z.boolean(),
      reason: z.strictObject({
        code: z.enum(['cancelled_by_buyer', 'cancelled_by_staff', 'payment_failed']),
        detail: text(500),
      }),
    }),
  },
});
export type OrderEvent = EventOf<typeof orderEvents>;
