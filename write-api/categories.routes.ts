/** The category tree. */
import { z } from 'zod';
import { categoryResource } from '../commands/categories/category-resource.ts';
import { changeCategory } from '../commands/categories/change.ts';
import { createCategory } from '../commands/categories/create.ts';
import { idSchema } from '../domain/ids.ts';
import { categoryResource as categoryShape } from '../domain/resources.ts';
import { line } from '../domain/text.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { changed, created } from './answer.ts';
import { contextOf, matchOf } from './from-request.ts';
import { editRefusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const tag = 'catalogue';
const name = line(200);
/** How many products a category has is not the tree's to say. */
const shape = categoryShape.partial({ productCount: true });

export function categoryRoutes({ shop }: WriteApiDeps): readonly RouteDefinition[] {
  const create = defineRoute({
    method: 'post',
    path: '/categories',
    summary: 'Add a category',
    tag,
    body: z.strictObject({ name, parentId: idSchema.nullable().optional() }),
    responses: {
      201: { description: 'The category', schema: shape },
    },
    handler(request) {
      const categoryId = request.newId('category');
      const { body } = request;
      const category = { categoryId, name: body.name, parentId: body.parentId ?? null };
      return created(
        createCategory(shop, category, contextOf(request)),
        () => `/categories/${categoryId}`,
        (tree) => ({ ...categoryResource(tree, categoryId), productCount: 0 }),
      );
    },
  });

  const edit = defineRoute({
    method: 'patch',
    path: '/categories/{categoryId}',
    summary: 'Rename or move a category',
    tag,
    params: z.object({ categoryId: idSchema }),
    body: z.strictObject({ name: name.optional(), parentId: idSchema.nullable().optional() }),
    responses: {
      200: { description: 'The category', schema: shape },
      ...editRefusals({ 409: ['category_cycle'] }),
    },
    handler(request) {
      const { categoryId } = request.params;
      const change = { categoryId, ...request.body };
      return changed(changeCategory(shop, change, contextOf(request), matchOf(request)), (tree) =>
        categoryResource(tree, categoryId),
      );
    },
  });

  return [create, edit] as readonly RouteDefinition[];
}
