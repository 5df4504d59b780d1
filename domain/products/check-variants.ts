/** What the variants of one product owe each other: one currency, no two alike, no SKU twice, none that ran out. */
import type { Instant } from '../decider.ts';
import { type Rejection, reject } from '../rejection.ts';
import { LIMITS, type Options, type Variant } from './events.ts';
import type { AbandonedClaim } from './state.ts';

export type VariantChecks = {
  /** The other variants of the product. */
  readonly others: readonly Variant[];
  readonly abandonedClaims: readonly AbandonedClaim[];
  /** The SKU is taken with this command, and its claim ran out. */
  readonly tooLate: boolean;
  /** When the claim of the SKU was asked for. */
  readonly claimedAt?: Instant | undefined;
  /** Where the variant stands in the request's body. */
  readonly pointer: string;
};

/** Why a variant may not stand beside the others; null where it may. */
export function checkVariant(variant: Variant, checks: VariantChecks): Rejection | null {
  return checkSku(variant, checks) ?? checkCurrency(variant, checks) ?? checkOptions(variant, checks);
}

/** Whether two variants are told apart by nothing: the same options with the same values, in any order. */
export function sameOptions(a: Options, b: Options): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && a[name] === b[name]);
}

function checkSku(
  variant: Variant,
  { others, abandonedClaims, tooLate, claimedAt, pointer }: VariantChecks,
): Rejection | null {
  const { sku, variantId } = variant;
  if (sku === null) return null;
  const at = { pointer: `${pointer}/sku` };
  if (others.some((other) => other.sku === sku)) {
    return reject('sku_taken', `Two variants of this product have the SKU ${sku}: give each its own.`, at);
  }
  const abandoned = abandonedClaims.some(
    (claim) => claim.variantId === variantId && claim.sku === sku && (claimedAt === undefined || claim.at >= claimedAt),
  );
  if (!abandoned && !tooLate) return null;
  return reject('sku_claim_expired', `Taking the SKU ${sku} took too long and was given up: try again.`, at);
}

function checkCurrency({ price }: Variant, { others, pointer }: VariantChecks): Rejection | null {
  const other = others.find((candidate) => candidate.price.currency !== price.currency);
  if (!other) return null;
  const detail = `The variants of a product share one currency: price this one in ${other.price.currency}.`;
  return reject('currency_mismatch', detail, { kind: 'invalid', pointer: `${pointer}/price/currency` });
}

function checkOptions({ options }: Variant, { others, pointer }: VariantChecks): Rejection | null {
  const at = { kind: 'invalid' as const, pointer: `${pointer}/options` };
  if (Object.keys(options).length > LIMITS.options) {
    return reject('invalid', `A variant has at most ${LIMITS.options} options: leave some out.`, at);
  }
  if (!others.some((other) => sameOptions(other.options, options))) return null;
  return reject('duplicate_options', 'Another variant has the same options: change one of them.', at);
}
