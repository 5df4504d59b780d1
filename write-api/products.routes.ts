/** Listings. */
import { z } from 'zod';
import { changeProduct } from '../commands/products/change.ts';
import { createProduct } from '../commands/products/create.ts';
import { productResource } from '../commands/products/product-resource.ts';
import { sellerIdOf } from '../commands/sellers/seller-id.ts';
import { idSchema } from '../domain/ids.ts';
import { priceSchema } from '../domain/money.ts';
import { imageSchema, LIMITS, optionsSchema, productFields, skuSchema } from '../domain/products/events.ts';
import { productResource as productShape } from '../domain/resources.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed, created } from './answer.ts';
import { contextOf, matchOf, userIdOf } from './from-request.ts';
import { editRefusals, refusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'catalogue';
const { name, description, brand, categoryId, specifications } = productFields;
const params = z.object({ productId: idSchema });
const product = { description: 'The product', schema: productShape };
const edits = editRefusals({ 403: ['seller_not_approved'], 409: ['product_archived'] });

/** What a client says of a new variant. */
export const newVariantSchema = z.strictObject({
  sku: skuSchema.nullable().optional(),
  options: optionsSchema.default({}),
  price: priceSchema,
});

export function productRoutes(deps: WriteApiDeps): readonly RouteDefinition[] {
  return [create(deps), edit(deps), turn(deps, 'publish'), turn(deps, 'archive'), addImage(deps)];
}

function create({ shop }: WriteApiDeps): RouteDefinition {
  return defineRoute({
    method: 'post',
    path: '/products',
    summary: 'List a product',
    tag,
    body: z.strictObject({
      name,
      description,
      brand,
      categoryId,
      variants: z.array(newVariantSchema).min(1).max(LIMITS.variants),
      specifications: specifications.default([]),
      images: z.array(imageSchema).max(LIMITS.images).default([]),
      publish: z.boolean().default(false),
    }),
    responses: {
      201: product,
      ...refusals({
        403: ['seller_not_approved'],
        409: ['sku_taken', 'sku_claim_expired'],
        422: ['currency_mismatch', 'duplicate_options'],
      }),
    },
    handler(request) {
      const { variants, ...body } = request.body;
      const listing = {
        ...body,
        productId: request.newId('product'),
        sellerId: sellerIdOf(userIdOf(request)),
        popularity: 0,
        variants: variants.map(({ sku, options, price }, index) => ({
          variantId: request.newId(`variant:${index}`),
          sku: sku ?? null,
          options,
          price,
        })),
      };
      return created(
        createProduct(shop, listing, contextOf(request)),
        ({ productId }) => `/products/${productId}`,
        productResource,
      );
    },
  }) as RouteDefinition;
}

function edit({ shop }: WriteApiDeps): RouteDefinition {
  return defineRoute({
    method: 'patch',
    path: '/products/{productId}',
    summary: 'Revise a product',
    tag,
    params,
    body: z.strictObject({ name, description, brand, categoryId, specifications }).partial(),
    responses: { 200: product, ...edits },
    handler(request) {
      const change = { type: 'ReviseProduct', productId: request.params.productId, ...request.body } as const;
      return changed(changeProduct(shop, change, contextOf(request), matchOf(request)), productResource);
    },
  }) as RouteDefinition;
}

function turn({ shop }: WriteApiDeps, verb: 'publish' | 'archive'): RouteDefinition {
  const type = verb === 'publish' ? 'PublishProduct' : 'ArchiveProduct';
  return defineRoute({
    method: 'post',
    path: `/products/{productId}/${verb}`,
    summary: verb === 'publish' ? 'Offer a product for sale' : 'Take a product off the shelf for good',
    tag,
    params,
    responses: { 200: product, ...(verb === 'publish' ? edits : editRefusals({ 403: ['seller_not_approved'] })) },
    handler(request) {
      const change = { type, productId: request.params.productId } as const;
      return changed(changeProduct(shop, change, contextOf(request), matchOf(request)), productResource);
    },
  }) as RouteDefinition;
}

function addImage({ shop }: WriteApiDeps): RouteDefinition {
  return defineRoute({
    method: 'post',
    path: '/products/{productId}/images',
    summary: 'Add an image by its URL',
    tag,
    params,
    body: imageSchema,
    responses: { 201: product, ...edits },
    handler(request) {
      const { productId } = request.params;
      const change = { type: 'AddImage', productId, image: request.body } as const;
      return created(
        changeProduct(shop, change, contextOf(request), matchOf(request)),
        () => `/products/${productId}`,
        productResource,
      );
    },
  }) as RouteDefinition;
}
