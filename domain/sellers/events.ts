/** What can happen to a seller. A user has at most one seller account: its id follows from the user's. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { line, text } from '../text.ts';

const profile = {
  name: line(200),
  slug: text(220, 1),
  description: text(5_000).optional(),
  /** ISO 3166-1 alpha-2. */
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional(),
};

/** Stream `seller-{sellerId}`. */
export const sellerEvents = defineEvents({
  SellerApplied: { version: 1, schema: z.strictObject({ sellerId: idSchema, userId: idSchema, ...profile }) },
  /** Approved, or a suspension lifted. */
  SellerApproved: { version: 1, schema: z.strictObject({ sellerId: idSchema, userId: idSchema }) },
  ShopProfileChanged: {
    version: 1,
    schema: z.strictObject({
      sellerId: idSchema,
      name: profile.name.optional(),
      slug: profile.slug.optional(),
      description: profile.description,
      country: profile.country,
    }),
  },
  SellerSuspended: { version: 1, schema: z.strictObject({ sellerId: idSchema, reason: text(1_000).optional() }) },
});
export type SellerEvent = EventOf<typeof sellerEvents>;
