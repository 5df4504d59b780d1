/** The variants of a listing. */
import { z } from 'zod';
import { addVariant } from '../commands/products/add-variant.ts';
import { productResource } from '../commands/products/product-resource.ts';
import { reviseVariant } from '../commands/products/revise-variant.ts';
import { idSchema } from '../domain/ids.ts';
import { priceSchema } from '../domain/money.ts';
import { optionsSchema, skuSchema } from '../domain/products/events.ts';
import { productResource as productShape } from '../domain/resources.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed, created } from './answer.ts';
import { contextOf, matchOf } from './from-request.ts';
import { newVariantSchema } from './products.routes.ts';
import { editRefusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'catalogue';
const refused = editRefusals({
  403: ['seller_not_approved'],
  409: ['sku_taken', 'sku_claim_expired', 'product_archived'],
  422: ['currency_mismatch', 'duplicate_options'],
});

export function variantRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const add = defineRoute({
    method: 'post',
    path: '/products/{productId}/variants',
    summary: 'Add a variant',
    tag,
    params: z.object({ productId: idSchema }),
    body: newVariantSchema,
    responses: { 201: { description: 'The product', schema: productShape }, ...refused },
    handler(request) {
      const { sku = null, options, price } = request.body;
      const { productId } = request.params;
      const variant = { variantId: request.newId('variant'), sku, options, price };
      return created(
        addVariant(shop, { productId, variant }, contextOf(request), matchOf(request)),
        () => `/products/${productId}`,
        productResource,
      );
    },
  });

  const revise = defineRoute({
    method: 'patch',
    path: '/products/{productId}/variants/{variantId}',
    summary: 'Change a variant; a SKU of null gives it up',
    tag,
    params: z.object({ productId: idSchema, variantId: idSchema }),
    body: z.strictObject({ sku: skuSchema.nullable(), price: priceSchema, options: optionsSchema }).partial(),
    responses: { 200: { description: 'The product', schema: productShape }, ...refused },
    handler(request) {
      const revision = { ...request.params, ...request.body };
      return changed(reviseVariant(shop, revision, contextOf(request), matchOf(request)), productResource);
    },
  });

  return [add, revise] as readonly RouteDefinition[];
}
