/** Changes of a listing: only what differs becomes an event. */
import type { Decision, Instant } from '../decider.ts';
import { sameMoney } from '../money.ts';
import { reject } from '../rejection.ts';
import { slugify } from '../slug.ts';
import { checkVariant, sameOptions } from './check-variants.ts';
import type { ProductCommand } from './commands.ts';
import { LIMITS, type ProductEvent, type Specification } from './events.ts';
import type { Listing } from './state.ts';

/** Name (with its slug), texts, category, specifications. */
export function reviseProduct(
  command: Extract<ProductCommand, { type: 'ReviseProduct' }>,
  state: Listing,
): Decision<ProductEvent> {
  const { name, specifications, popularity } = command;
  if (specifications && specifications.length > LIMITS.specifications) {
    const detail = `A product has at most ${LIMITS.specifications} specifications.`;
    return reject('invalid', detail, { kind: 'invalid', pointer: '/specifications' });
  }
  const changed = {
    ...(name !== undefined && name !== state.name ? { name, slug: slugify(name) } : {}),
    ...changedTexts(command, state),
    ...(specifications && !sameSpecifications(specifications, state.specifications)
      ? { specifications: [...specifications] }
      : {}),
    ...(popularity !== undefined && popularity !== state.popularity ? { popularity } : {}),
  };
  if (Object.keys(changed).length === 0) return [];
  return [{ type: 'ProductRevised', data: { productId: state.productId, ...changed } }];
}

/** SKU, options and price, together or not at all. */
export function reviseVariant(
  command: Extract<ProductCommand, { type: 'ReviseVariant' }>,
  state: Listing,
  now: Instant,
): Decision<ProductEvent> {
  const { productId, sellerId, variants, abandonedClaims } = state;
  const before = variants.find(({ variantId }) => variantId === command.variantId);
  if (!before) return reject('not_found', 'This product has no such variant.', { kind: 'not_found' });
  const { sku = before.sku, options = before.options, price = before.price } = command;
  const { variantId } = before;
  const skuChanged = sku !== before.sku;
  const repriced = !sameMoney(price, before.price);
  const revised = skuChanged || !sameOptions(options, before.options);
  if (!revised && !repriced) return [];
  const refusal = checkVariant(
    { variantId, sku, options, price },
    {
      others: variants.filter((variant) => variant !== before),
      abandonedClaims: skuChanged ? abandonedClaims : [],
      tooLate: skuChanged && isTooLate(command.skusValidUntil, now),
      claimedAt: command.skusClaimedAt,
      pointer: '',
    },
  );
  if (refusal) return refusal;
  const revision = { productId, sellerId, variantId, sku, previousSku: before.sku, options };
  return [
    ...(revised ? [{ type: 'VariantRevised' as const, data: revision }] : []),
    ...(repriced ? [{ type: 'VariantRepriced' as const, data: { productId, variantId, price } }] : []),
  ];
}

/** Whether the time to take a SKU has run out. */
export function isTooLate(validUntil: Instant | undefined, now: Instant): boolean {
  return validUntil !== undefined && now > validUntil;
}

function changedTexts(
  command: Extract<ProductCommand, { type: 'ReviseProduct' }>,
  state: Listing,
): { description?: string; brand?: string; categoryId?: string } {
  const { description, brand, categoryId } = command;
  return {
    ...(description !== undefined && description !== state.description ? { description } : {}),
    ...(brand !== undefined && brand !== state.brand ? { brand } : {}),
    ...(categoryId !== undefined && categoryId !== state.categoryId ? { categoryId } : {}),
  };
}

function sameSpecifications(a: readonly Specification[], b: readonly Specification[]): boolean {
  return a.length === b.length && a.every(({ name, value }, at) => b[at]?.name === name && b[at]?.value === value);
}
