/** The tree of categories, product pages, a seller's own stock. */
import { z } from 'zod';
import { idSchema } from '../domain/ids.ts';
import { type CategoryNode, categoryResource, inventoryResource, productResource } from '../domain/resources.ts';
import type { Position } from '../event-store/port.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { findCategory, listCategories } from '../projections/categories/queries.ts';
import { findInventory } from '../projections/inventory/queries.ts';
import { findSeller } from '../projections/sellers/queries.ts';
import { assertMay, NOT_MODIFIED, shown } from './answers.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

const categoryNode: z.ZodType<CategoryNode> = categoryResource.extend({
  get children() {
    return z.array(categoryNode);
  },
});

export function catalogueRoutes({ reader, products }: ReadApiDeps): readonly RouteDefinition[] {
  const categories = defineRoute({
    method: 'get',
    path: '/categories',
    summary: 'The tree of categories',
    tag: 'catalogue',
    reads: ['categories', 'search'],
    responses: {
      200: { description: 'The roots, with what is below them', schema: z.object({ items: z.array(categoryNode) }) },
      ...NOT_MODIFIED,
    },
    async handler() {
      const { items, revision, position } = await listCategories(reader);
      return { status: 200, body: { items }, revision: Math.max(0, revision), position };
    },
  });

  const category = defineRoute({
    method: 'get',
    path: '/categories/{categoryId}',
    summary: 'One category, without what is below it',
    tag: 'catalogue',
    params: z.object({ categoryId: idSchema }),
    reads: ['categories', 'search'],
    responses: { 200: { description: 'The category', schema: categoryResource }, ...NOT_MODIFIED },
    async handler({ params }) {
      return shown(await findCategory(reader, params.categoryId));
    },
  });

  const product = defineRoute({
    method: 'get',
    path: '/products/{productId}',
    summary: 'A product; a draft or archived one only to its seller and to staff',
    tag: 'catalogue',
    params: z.object({ productId: idSchema }),
    reads: products.reads,
    responses: { 200: { description: 'The product', schema: productResource }, ...NOT_MODIFIED },
    async handler({ params, caller, cartTokenHash, waitFor }) {
      const found = await products.find(params.productId, { waitFor: waitFor as Position | undefined });
      if (found === undefined || found.listed) return shown(found);
      const seller = await findSeller(reader, found.resource.sellerId);
      const facts = { sellerUserIds: seller === undefined ? [] : [seller.resource.userId] };
      assertMay(product, { caller, cartTokenHash }, facts);
      return shown(found);
    },
  });

  const inventory = defineRoute({
    method: 'get',
    path: '/inventory/{variantId}',
    summary: 'One’s own stock of a variant',
    tag: 'stock',
    params: z.object({ variantId: idSchema }),
    reads: ['inventory', 'variants', 'sellers'],
    responses: { 200: { description: 'The stock', schema: inventoryResource }, ...NOT_MODIFIED },
    handler: async ({ params }) => shown(await findInventory(reader, params.variantId)),
  });

  return [categories, category, product, inventory] as readonly RouteDefinition[];
}
