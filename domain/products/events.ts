/** What can happen to a listing and its variants. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { priceSchema } from '../money.ts';
import { line, storable, text } from '../text.ts';

export const LIMITS = { variants: 100, images: 20, specifications: 100, options: 10 } as const;

/** The seller's own SKU: visible ASCII without spaces, as it also names a stream. */
export const skuSchema = z.string().regex(/^[\x21-\x7e]{1,64}$/, { error: 'must be 1 to 64 visible ASCII characters' });

export const optionsSchema = z
  .record(line(50), line(100))
  .refine((options) => Object.keys(options).length <= LIMITS.options, { error: `at most ${LIMITS.options} options` })
  .superRefine((options, context) => {
    // Options that read as a sealed value would be opened like one, and their event could not be read any more.
    for (const name of Object.keys(options).filter((key) => key.startsWith('$'))) {
      context.addIssue({ code: 'custom', path: [name], message: 'the name of an option must not begin with $' });
    }
  });

// A URL parser drops or escapes what cannot be stored, and so lets it through.
const urlSchema = storable(z.url({ protocol: /^https?$/ }).max(2_000));

export const imageSchema = z.strictObject({ url: urlSchema, alt: text(500) });
export const specificationSchema = z.strictObject({ name: line(100), value: line(1_000) });

export const variantSchema = z.strictObject({
  variantId: idSchema,
  sku: skuSchema.nullable(),
  options: optionsSchema,
  price: priceSchema,
});

export type Options = z.output<typeof optionsSchema>;
export type Image = z.output<typeof imageSchema>;
export type Specification = z.output<typeof specificationSchema>;
export type Variant = z.output<typeof variantSchema>;

export const productFields = {
  name: line(300),
  description: text(20_000),
  brand: line(200),
  categoryId: idSchema,
  specifications: z.array(specificationSchema).max(LIMITS.specifications),
  /** How well it sold before Souk knew it, from an import; it feeds the bestselling sort. */
  popularity: z.number().int().min(0).max(1_000_000_000),
};

/** Stream `product-{productId}`. */
export const productEvents = defineEvents({
  ProductDrafted: {
    version: 1,
    schema: z.strictObject({
      productId: idSchema,
      sellerId: idSchema,
      slug: text(320, 1),
      ...productFields,
      images: z.array(imageSchema).max(LIMITS.images),
    }),
  },
  VariantAdded: {
    version: 1,
    schema: z.strictObject({ productId: idSchema, sellerId: idSchema, ...variantSchema.shape }),
  },
  ProductPublished: { version: 1, schema: z.strictObject({ productId: idSchema }) },
  ProductArchived: { version: 1, schema: z.strictObject({ productId: idSchema }) },
  /** Only the fields that changed. */
  ProductRevised: {
    version: 1,
    schema: z
      .strictObject({ productId: idSchema, slug: text(320, 1), ...productFields })
      .partial()
      .required({ productId: true }),
  },
  /** A variant's SKU or options changed; `previousSku` tells which claim to give up. */
  VariantRevised: {
    version: 1,
    schema: z.strictObject({
      productId: idSchema,
      sellerId: idSchema,
      variantId: idSchema,
      sku: skuSchema.nullable(),
      previousSku: skuSchema.nullable(),
      options: optionsSchema,
    }),
  },
  VariantRepriced: {
    version: 1,
    schema: z.strictObject({ productId: idSchema, variantId: idSchema, price: priceSchema }),
  },
  ProductImageAdded: { version: 1, schema: z.strictObject({ productId: idSchema, ...imageSchema.shape }) },
  /**
   * A claim of `sku` for this variant ran out before the variant took it: from now on this product refuses that variant
   * with that SKU. It may be the first event of the stream.
   */
  SkuClaimAbandoned: {
    version: 1,
    schema: z.strictObject({ productId: idSchema, variantId: idSchema, sku: skuSchema }),
  },
});
export type ProductEvent = EventOf<typeof productEvents>;
