/** One row of a product import: adds the product, revises it, or finds that nothing changed. */
import { inventoryDecider } from '../../domain/inventory/decide.ts';
import { sameMoney } from '../../domain/money.ts';
import { productDecider } from '../../domain/products/decide.ts';
import type { Listing } from '../../domain/products/state.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import { derivedId, nameId, timeOf } from '../../platform/ids.ts';
import { step } from '../outcome.ts';
import { changeProduct } from '../products/change.ts';
import { createProduct } from '../products/create.ts';
import { reviseVariant } from '../products/revise-variant.ts';
import type { CommandContext } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';
import type { CategoryPaths } from './category-paths.ts';
import type { ProductRow } from './product-row.ts';

export type RowResult = 'added' | 'revised' | 'unchanged' | Rejection;

type RowImport = {
  readonly row: ProductRow;
  readonly sellerId: string;
  /** Units to receive for a row that says none. */
  readonly stock: number;
  readonly context: CommandContext;
  readonly paths: CategoryPaths;
};

type Target = RowImport & { readonly productId: string; readonly variantId: string; readonly categoryId: string };

/** The ids follow from seller and key, so that a row finds its product again. */
export function importedIds(sellerId: string, key: string): { readonly productId: string; readonly variantId: string } {
  const made = timeOf(sellerId);
  return {
    productId: derivedId(made, 'import-product', sellerId, key),
    variantId: derivedId(made, 'import-variant', sellerId, key),
  };
}

export async function importRow(shop: Shop, row: RowImport): Promise<RowResult> {
  const categoryId = await row.paths.find(row.row.categories);
  if (isRejection(categoryId)) return categoryId;
  const target = { ...row, ...importedIds(row.sellerId, row.row.key), categoryId };
  const { state } = await shop.runtime.load(productDecider, target.productId);
  return state.status === 'none' ? add(shop, target) : revise(shop, target, state);
}

/**
 * Stock first: were it received after the product, a crash between the two would lose it, because the row then only
 * finds its product. A receipt that an earlier run left behind is not received again.
 */
async function add(shop: Shop, target: Target): Promise<RowResult> {
  const { row, sellerId, productId, variantId, context } = target;
  const quantity = row.stock ?? target.stock;
  const received = quantity > 0 ? await receiveOnce(shop, target, quantity) : 0;
  if (isRejection(received)) return received;
  const created = await createProduct(
    shop,
    {
      productId,
      sellerId,
      name: row.name,
      description: row.description,
      brand: row.brand,
      categoryId: target.categoryId,
      specifications: [],
      images: row.image === null ? [] : [{ url: row.image, alt: row.name }],
      popularity: row.popularity ?? 0,
      variants: [{ variantId, sku: row.sku, options: {}, price: row.price }],
      publish: true,
    },
    step(context, 'create'),
  );
  if (!isRejection(created)) return 'added';
  // Another import may have added it meanwhile: the stock is then that product's.
  const { state: now } = await shop.runtime.load(productDecider, productId, { fresh: true });
  if (now.status !== 'none') return revise(shop, target, now);
  return received > 0 ? takeBack(shop, target, { received, refusal: created }) : created;
}

/** The refusal of the row; where its units cannot be taken back, it says so. */
async function takeBack(
  shop: Shop,
  { variantId, context }: Target,
  { received, refusal }: { readonly received: number; readonly refusal: Rejection },
): Promise<Rejection> {
  const reason = `import refused: ${refusal.code}`;
  const command = { type: 'AdjustStock', variantId, delta: -received, reason } as const;
  const taken = await shop.runtime.handle(inventoryDecider, variantId, command, step(context, 'take-back'));
  if (!isRejection(taken)) return refusal;
  const stays = `The ${received} units received for it stay with variant ${variantId}: ${taken.detail}`;
  return { ...refusal, detail: `${refusal.detail} ${stays}` };
}

async function receiveOnce(shop: Shop, target: Target, quantity: number): Promise<number | Rejection> {
  const { sellerId, productId, variantId, row, context } = target;
  const { state, revision } = await shop.runtime.load(inventoryDecider, variantId, { fresh: true });
  if (state.onHand > 0) return state.onHand;
  // The id follows from what was found: of two imports that run at once only one receives.
  const receipt = { ...context, commandId: nameId('import-stock', variantId, String(revision)) };
  const command = { type: 'ReceiveStock', variantId, productId, sellerId, sku: row.sku, quantity } as const;
  const received = await shop.runtime.handle(inventoryDecider, variantId, command, receipt);
  return isRejection(received) ? received : quantity;
}

async function revise(shop: Shop, target: Target, listing: Listing): Promise<RowResult> {
  const { row, productId, variantId, categoryId, context } = target;
  const variant = listing.variants.find((one) => one.variantId === variantId);
  const image = row.image;
  const steps = [
    differs(target, listing) &&
      (() => {
        const { name, description, brand, popularity } = row;
        const revision = {
          type: 'ReviseProduct',
          productId,
          name,
          description,
          brand,
          categoryId,
          popularity,
        } as const;
        return changeProduct(shop, revision, step(context, 'revise'));
      }),
    variant &&
      (!sameMoney(variant.price, row.price) || variant.sku !== row.sku) &&
      (() => reviseVariant(shop, { productId, variantId, sku: row.sku, price: row.price }, step(context, 'variant'))),
    image !== null &&
      !listing.images.some(({ url }) => url === image) &&
      (() => {
        const added = { type: 'AddImage', productId, image: { url: image, alt: row.name } } as const;
        return changeProduct(shop, added, step(context, 'image'));
      }),
  ].filter((one) => typeof one === 'function');
  for (const run of steps) {
    const result = await run();
    if (isRejection(result)) return result;
  }
  return steps.length > 0 ? 'revised' : 'unchanged';
}

function differs({ row, categoryId }: Target, listing: Listing): boolean {
  return (
    listing.name !== row.name ||
    listing.description !== row.description ||
    listing.brand !== row.brand ||
    listing.categoryId !== categoryId ||
    (row.popularity !== undefined && listing.popularity !== row.popularity)
  );
}
