/** The rules of a listing: what it is made of, and its way from draft to published to archived. */
import type { Decider, Decision, Instant } from '../decider.ts';
import { type Rejection, reject } from '../rejection.ts';
import { slugify } from '../slug.ts';
import { unreachable } from '../unreachable.ts';
import { checkVariant } from './check-variants.ts';
import type { ProductCommand } from './commands.ts';
import { LIMITS, type ProductEvent, type Variant } from './events.ts';
import { isTooLate, reviseProduct, reviseVariant } from './revise.ts';
import { evolveProduct, initialProduct, type Listing, type ProductState } from './state.ts';

export const productDecider: Decider<ProductState, ProductCommand, ProductEvent> = {
  category: 'product',
  stateVersion: 1,
  initialState: initialProduct,
  evolve: evolveProduct,
  decide,
};

function decide(command: ProductCommand, state: ProductState, now: Instant): Decision<ProductEvent> {
  if (command.type === 'DraftProduct') return draft(command, state, now);
  if (command.type === 'AbandonSkuClaim') return abandonClaim(command, state);
  if (state.status === 'none') return reject('not_found', 'There is no such product.', { kind: 'not_found' });
  const { productId } = state;
  if (command.type === 'ArchiveProduct') {
    return state.status === 'archived' ? [] : [{ type: 'ProductArchived', data: { productId } }];
  }
  if (state.status === 'archived') {
    return reject('product_archived', 'This product is archived and cannot change any more: draft a new one.');
  }
  switch (command.type) {
    case 'PublishProduct':
      return state.status === 'published' ? [] : [{ type: 'ProductPublished', data: { productId } }];
    case 'ReviseProduct':
      return reviseProduct(command, state);
    case 'AddVariant':
      return addVariant(command, state, now);
    case 'ReviseVariant':
      return reviseVariant(command, state, now);
    case 'AddImage':
      if (state.images.length >= LIMITS.images) return tooMany('images', '/images');
      return [{ type: 'ProductImageAdded', data: { productId, ...command.image } }];
    default:
      return unreachable(command);
  }
}

function draft(
  command: Extract<ProductCommand, { type: 'DraftProduct' }>,
  state: ProductState,
  now: Instant,
): Decision<ProductEvent> {
  if (state.status !== 'none') return reject('product_exists', 'There is a product with this id already.');
  const { type: _, variants, publish, skusValidUntil, skusClaimedAt: claimedAt, ...fields } = command;
  const { productId, sellerId } = fields;
  if (variants.length === 0) {
    return reject('invalid', 'A product has at least one variant.', { kind: 'invalid', pointer: '/variants' });
  }
  const lists = { variants, images: fields.images, specifications: fields.specifications };
  for (const name of ['variants', 'images', 'specifications'] as const) {
    if (lists[name].length > LIMITS[name]) return tooMany(name, `/${name}`);
  }
  const tooLate = isTooLate(skusValidUntil, now);
  for (const [index, variant] of variants.entries()) {
    const others = variants.slice(0, index);
    const pointer = `/variants/${index}`;
    const refusal = checkVariant(variant, {
      others,
      abandonedClaims: state.abandonedClaims,
      tooLate,
      claimedAt,
      pointer,
    });
    if (refusal) return refusal;
  }
  const drafted = {
    ...fields,
    slug: slugify(fields.name),
    specifications: [...fields.specifications],
    images: [...fields.images],
  };
  return [
    { type: 'ProductDrafted', data: drafted },
    ...variants.map((variant) => variantAdded(productId, sellerId, variant)),
    ...(publish ? [{ type: 'ProductPublished' as const, data: { productId } }] : []),
  ];
}

function addVariant(
  { variant, skusValidUntil, skusClaimedAt: claimedAt }: Extract<ProductCommand, { type: 'AddVariant' }>,
  state: Listing,
  now: Instant,
): Decision<ProductEvent> {
  const { productId, sellerId, variants: others, abandonedClaims } = state;
  if (others.some(({ variantId }) => variantId === variant.variantId)) {
    return reject('variant_exists', 'This product has a variant with this id already.');
  }
  if (others.length >= LIMITS.variants) return tooMany('variants', '');
  const tooLate = isTooLate(skusValidUntil, now);
  const refusal = checkVariant(variant, { others, abandonedClaims, tooLate, claimedAt, pointer: '' });
  return refusal ?? [variantAdded(productId, sellerId, variant)];
}

/** Always leaves an event: it moves the revision under a writer that is under way, and each claim wants its own mark. */
function abandonClaim(
  { productId, variantId, sku }: Extract<ProductCommand, { type: 'AbandonSkuClaim' }>,
  state: ProductState,
): Decision<ProductEvent> {
  const variants = state.status === 'none' ? [] : state.variants;
  if (variants.some((variant) => variant.variantId === variantId && variant.sku === sku)) {
    return reject('sku_in_use', `The variant has the SKU ${sku}: it is taken.`);
  }
  return [{ type: 'SkuClaimAbandoned', data: { productId, variantId, sku } }];
}

function variantAdded(productId: string, sellerId: string, variant: Variant): ProductEvent {
  return { type: 'VariantAdded', data: { productId, sellerId, ...variant } };
}

function tooMany(what: 'variants' | 'images' | 'specifications', pointer: string): Rejection {
  return reject('invalid', `A product has at most ${LIMITS[what]} ${what}.`, { kind: 'invalid', pointer });
}
