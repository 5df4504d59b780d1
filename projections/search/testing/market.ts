/** A small marketplace for the suites that every engine of search passes, and how they ask for what is in it. */
import { expect } from '@jest/globals';
import { newId } from '../../../platform/ids.ts';
import { approvedSeller, category, type Listing, listing, type Told, told, usd } from '../../testing/story.ts';
import type { SearchParams } from '../params.ts';
import type { SearchUnderTest } from './search-under-test.ts';

const [seller, other, unknown] = [newId(), newId(), newId()];
const [audio, headphones, kitchen] = [newId(), newId(), newId()];

/** `headphones` is a category below `audio`; `other` sells the grinder alone. */
export const MARKET = { other, audio, headphones, kitchen };

/** What the suites do with an engine. */
export function searching(subject: () => SearchUnderTest) {
  const ids = new Map<string, string>();
  const search = async (params: Partial<SearchParams> = {}) => {
    const { result, fallback } = await subject().engine.search({ limit: 24, ...params });
    expect(fallback).toBe(false);
    return result;
  };
  return {
    /** Of a product by its name. */
    idOf: (name: string) => ids.get(name) ?? '',
    /** A product as it is put on offer. */
    list(name: string, of: Partial<Listing> & Pick<Listing, 'categoryId'>): Told[] {
      const productId = newId();
      ids.set(name, productId);
      return listing({ productId, sellerId: seller, name, ...of });
    },
    see: (events: readonly Told[]) => subject().see(events),
    search,
    names: async (params: Partial<SearchParams>) => (await search(params)).items.map((item) => item.name),
    async suggest(q: string, limit = 10) {
      const { result, fallback } = await subject().engine.suggest({ q, limit });
      expect(fallback).toBe(false);
      return result;
    },
  };
}

/** Six products are on offer: one has no approved seller, and one is archived. */
export async function fillMarket({ see, list, idOf }: ReturnType<typeof searching>): Promise<void> {
  const sony = { brand: 'Sony', categoryId: headphones };
  const spare = { variantId: newId(), sku: null, options: {}, price: usd(9_000) };
  const odd = { brand: 'A`B && (C:=[*])', categoryId: kitchen };
  await see([
    ...approvedSeller(seller),
    ...approvedSeller(other),
    told(`seller-${unknown}`, 'SellerApplied', { sellerId: unknown, userId: newId(), name: 'New', slug: 'new' }),
    category(audio, 'Audio'),
    category(headphones, 'Headphones', audio),
    category(kitchen, 'Kitchen'),
    ...list('Sony MDR-ZX110 black', { ...sony, price: usd(1_500), stock: 3, popularity: 10, sku: 'ZZ-77/b' }),
    ...list('Wireless over-ear set', { ...sony, price: usd(20_000), popularity: 500, description: 'Folds flat' }),
    ...list('Bluetooth Speaker', { brand: 'Bose', categoryId: audio, price: usd(9_900), stock: 1, popularity: 90 }),
    ...list('Café grinder', {
      brand: 'Böhm',
      categoryId: kitchen,
      price: usd(4_000),
      sellerId: other,
      description: 'USB-C, and one battery',
    }),
    ...list('Espresso boxes', { brand: 'Böhm', categoryId: kitchen, description: 'Holds headphones, oddly' }),
    ...list('<b>Tag & "quote"</b> toaster', {
      ...odd,
      price: usd(3_000),
      description: 'For <i>bread</i> & toaster fans',
    }),
    ...list('Secret thing', { categoryId: kitchen, sellerId: unknown }),
    ...list('Old thing', { categoryId: kitchen }),
  ]);
  const [set, old] = [idOf('Wireless over-ear set'), idOf('Old thing')];
  await see([
    told(`product-${set}`, 'VariantAdded', { productId: set, sellerId: seller, ...spare }),
    told(`product-${old}`, 'ProductArchived', { productId: old }),
  ]);
}
