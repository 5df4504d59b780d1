/** One product as it is searched: made from the rows that describe it. Pure; any search engine is fed from this. */
import type { ProductRow } from '../products/projection.ts';
import { chunksOf, fold, formsOf, isStopWord } from './words.ts';

export type SearchSource = {
  readonly product: ProductRow;
  readonly sellerStatus: string | null;
  /** Root first, the product's own category last. */
  readonly categories: readonly { readonly id: string; readonly name: string }[];
  readonly inStock: boolean;
  readonly sold: number;
};

/** Named as the columns of `search_documents`. */
export type SearchDocument = {
  readonly product_id: string;
  readonly seller_id: string;
  readonly name: string;
  readonly slug: string;
  readonly image: string | null;
  readonly brand: string;
  readonly brand_key: string;
  readonly category_id: string;
  /** With all its ancestors: a category includes its descendants. */
  readonly category_ids: readonly string[];
  readonly currency: string;
  readonly prices: readonly number[];
  readonly price_from: number;
  readonly price_to: number;
  readonly in_stock: boolean;
  readonly popularity: number;
  readonly units: number;
  readonly created_at: string;
  /** A tsvector, as text. */
  readonly words: string;
};

/** What a product is found by, in the order of its weight: name, brand and categories, details, description. */
export type SearchTexts = {
  readonly name: string;
  readonly brand: string;
  readonly categories: readonly string[];
  /** Specifications, SKUs and options. */
  readonly details: string;
  readonly description: string;
};

/** Words of a description that are indexed; what comes later says little, and long vectors make ranking slow. */
export const DESCRIPTION_WORDS = 200;

/** Undefined for what nobody can buy: not published, of a seller who is not approved, without a price. */
export function documentOf(source: SearchSource): SearchDocument | undefined {
  const { product } = source;
  const currency = product.variants[0]?.price.currency;
  if (product.status !== 'published' || source.sellerStatus !== 'approved' || currency === undefined) return undefined;
  const priced = product.variants.filter((variant) => variant.price.currency === currency);
  const prices = [...new Set(priced.map((variant) => variant.price.amount))].sort((a, b) => a - b);
  return {
    product_id: product.product_id,
    seller_id: product.seller_id,
    name: product.name,
    slug: product.slug,
    image: product.images[0]?.url ?? null,
    brand: product.brand,
    brand_key: fold(product.brand),
    category_id: product.category_id,
    category_ids: source.categories.map((category) => category.id),
    currency,
    prices,
    price_from: prices[0] ?? 0,
    price_to: prices.at(-1) ?? 0,
    in_stock: source.inStock,
    popularity: product.popularity,
    units: product.popularity + source.sold,
    created_at: product.created_at,
    words: vectorOf(source),
  };
}

/** The texts of a product, for any engine. */
export function textsOf({ product, categories }: SearchSource): SearchTexts {
  const details = [
    ...product.specifications.map((specification) => specification.value),
    ...product.variants.flatMap((variant) => [variant.sku ?? '', ...Object.values(variant.options)]),
  ];
  const { name, brand, description } = product;
  return {
    name,
    brand,
    categories: categories.map((category) => category.name),
    details: details.join(' '),
    description,
  };
}

/** Name before brand and category, before specifications and SKUs, before the description. */
function vectorOf(source: SearchSource): string {
  const { name, brand, categories, details, description } = textsOf(source);
  return toVector([
    { text: name, weight: 'A' },
    { text: [brand, ...categories].join(' '), weight: 'B' },
    { text: details, weight: 'C', limit: DESCRIPTION_WORDS },
    { text: description, weight: 'D', limit: DESCRIPTION_WORDS },
  ]);
}

type Field = { readonly text: string; readonly weight: 'A' | 'B' | 'C' | 'D'; readonly limit?: number };

/** The text form of a tsvector: lexemes with their places and weights; at most 16 places each, as more rank no higher. */
export function toVector(fields: readonly Field[]): string {
  const places = new Map<string, string[]>();
  let at = 0;
  for (const { text, weight, limit } of fields) {
    for (const parts of chunksOf(text).slice(0, limit)) {
      at = Math.min(at + 1, 16_383);
      for (const form of formsOf(parts)) {
        if (weight === 'D' && isStopWord(form)) continue;
        const known = places.get(form);
        if (!known) places.set(form, [`${at}${weight}`]);
        else if (known.length < 16) known.push(`${at}${weight}`);
      }
    }
  }
  return [...places].map(([form, at]) => `'${form}':${at.join(',')}`).join(' ');
}
