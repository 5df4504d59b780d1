/** What an owner does to a product beside its variants: revise, publish, archive, add an image. */
import type { ProductCommand } from '../../domain/products/commands.ts';
import { productDecider } from '../../domain/products/decide.ts';
import type { Listing } from '../../domain/products/state.ts';
import type { Rejection } from '../../domain/rejection.ts';
import { refuseUnknownCategory } from '../categories/known-category.ts';
import { notFound, type Outcome, outcome } from '../outcome.ts';
import type { CommandContext, HandleOptions } from '../runtime/types.ts';
import { refuseUnlessApproved } from '../sellers/standing.ts';
import type { Shop } from '../shop.ts';

export type ProductChange = Extract<
  ProductCommand,
  { type: 'ReviseProduct' | 'PublishProduct' | 'ArchiveProduct' | 'AddImage' }
>;

export async function changeProduct(
  shop: Shop,
  change: ProductChange,
  context: CommandContext,
  options?: HandleOptions,
): Promise<Outcome<Listing> | Rejection> {
  const { state: product } = await shop.runtime.load(productDecider, change.productId, { fresh: true });
  if (product.status === 'none') return notFound('product');
  const refused =
    (await refuseUnlessApproved(shop, product.sellerId)) ??
    (change.type === 'ReviseProduct' && change.categoryId !== undefined
      ? await refuseUnknownCategory(shop, change.categoryId)
      : undefined);
  return refused ?? outcome(await shop.runtime.handle(productDecider, change.productId, change, context, options));
}
