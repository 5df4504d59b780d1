/**
 * What can happen to the category tree. The whole tree is one stream, `category-tree`: that no category becomes its own
 * ancestor is a rule over all of it (docs/decisions has why).
 */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { line, text } from '../text.ts';

/** Stream `category-tree`. */
export const categoryEvents = defineEvents({
  CategoryCreated: {
    version: 1,
    schema: z.strictObject({
      categoryId: idSchema,
      parentId: idSchema.nullable(),
      name: line(200),
      slug: text(220, 1),
    }),
  },
  CategoryRenamed: {
    version: 1,
    schema: z.strictObject({ categoryId: idSchema, name: line(200), slug: text(220, 1) }),
  },
  CategoryMoved: {
    version: 1,
    schema: z.strictObject({ categoryId: idSchema, parentId: idSchema.nullable() }),
  },
});
export type CategoryEvent = EventOf<typeof categoryEvents>;
