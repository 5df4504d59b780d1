/** The marketplace a made-up history plays in: what is for sale and who buys, all by one seed. */
import type { CartLine } from '../../../domain/carts/events.ts';
import type { Address } from '../../../domain/orders/events.ts';
import type { Sealed } from '../../../domain/sealed.ts';
import type { KeyStore, SealedValue } from '../../../platform/keys/key-store.ts';
import { createRandom, type Random } from '../../../platform/testing/random.ts';
import { type Told, told, usd } from '../../../projections/testing/story.ts';

/** What happens at one moment: one append to one stream. Milliseconds since 1970. */
export type Moment = { readonly at: number; readonly actor: string; readonly events: readonly Told[] };

export type Variant = {
  readonly variantId: string;
  readonly productId: string;
  readonly sellerId: string;
  readonly sku: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
  /** Minor units; as it is now. */
  price: number;
  /** Nothing of it ever came in: orders for it are refused. */
  readonly soldOut: boolean;
};

export type Buyer = { readonly userId: string; readonly email: string; readonly name: string };

/** What is in a cart, with what it is. */
export type Item = { readonly variant: Variant; readonly line: CartLine };

export type Shopper = {
  readonly cartId: string;
  /** Undefined: a guest. */
  readonly buyer: Buyer | undefined;
  readonly cartTokenHash: string | null;
  readonly actor: string;
};

export type World = {
  readonly random: Random;
  readonly variants: Variant[];
  readonly buyers: Buyer[];
  /** A UUIDv7 of that time, by the seed. */
  id(at: number): string;
  /** What takes effect when the shops close: nobody's checkout then meets a price that its cart did not have. */
  readonly tonight: (() => void)[];
  /** True in so many of a hundred cases. */
  chance(percent: number): boolean;
  /** Some sell far more than others. */
  variant(): Variant;
  /** A personal value, still empty: `sealAll` fills it in, as sealing waits and chance must not. */
  seal<T>(person: string, plain: T): Sealed<T>;
  sealAll(): Promise<void>;
  /** The key of an address, as a stream's name holds it. */
  emailKey(email: string): string;
};

export const DAY = 86_400_000;
export const HOUR = 3_600_000;
/** Of every day: the last checkout is over. */
export const CLOSED = 23.5 * HOUR;
export const MINUTE = 60_000;

export function createWorld(seed: number, keys: Pick<KeyStore, 'seal' | 'digest'>): World {
  const random = createRandom(seed);
  const hex = (digits: number) =>
    random
      .below(16 ** digits)
      .toString(16)
      .padStart(digits, '0');
  const variants: Variant[] = [];
  let toSeal: { readonly sealed: SealedValue; readonly plain: unknown }[] = [];
  return {
    random,
    variants,
    buyers: [],
    tonight: [],
    id(at) {
      const time = Math.floor(at).toString(16).padStart(12, '0');
      const variant = '89ab'.charAt(random.below(4));
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${variant}${hex(3)}-${hex(6)}${hex(6)}`;
    },
    chance: (percent) => random.next() * 100 < percent,
    variant() {
      const variant = variants[Math.floor(variants.length * random.next() ** 3)];
      if (!variant) throw new Error('there is nothing for sale yet');
      return variant;
    },
    seal<T>(person: string, plain: T) {
      const sealed = { $sealed: '', person };
      toSeal.push({ sealed, plain });
      return sealed as Sealed<T>;
    },
    async sealAll() {
      const now = toSeal;
      toSeal = [];
      await Promise.all(
        now.map(async ({ sealed, plain }) => Object.assign(sealed, await keys.seal(sealed.person, plain))),
      );
    },
    emailKey: (email) => keys.digest('email', email),
  };
}

const NOUNS = 'Headphones Kettle Camera Lamp Keyboard Speaker Monitor Blender Router Charger Printer'.split(' ');
const KINDS = 'Wireless Compact Classic Portable Digital Silent Smart Rugged'.split(' ');
const BRANDS = 'Acme Bolt Crest Delta Echo Flux Gale Hertz Iris Juno'.split(' ');
const COLOURS = 'black white red blue green'.split(' ');
const CITIES = 'Salem Portland Boston Madison Lyon Leeds Ghent Graz'.split(' ');
const COUNTRIES = 'US US US US FR GB BE AT'.split(' ');

/** Categories, sellers and products with their stock, one after the other from `start` on. */
export function catalogue(world: World, start: number, products: number): Moment[] {
  let at = start;
  const moments: Moment[] = [];
  const tell = (actor: string, ...events: Told[]) => {
    at += 7;
    moments.push({ at, actor, events });
  };
  const categories = NOUNS.map((name) => {
    const categoryId = world.id(at);
    const slug = name.toLowerCase();
    tell('cli:bench', told('category-tree', 'CategoryCreated', { categoryId, parentId: null, name, slug }));
    return categoryId;
  });
  const sellers = Array.from({ length: Math.max(2, Math.ceil(products / 100)) }, (_, n) => {
    const [sellerId, userId] = [world.id(at), world.id(at)];
    const seller = { sellerId, userId, name: `${BRANDS[n % 10]} Trading ${n}`, slug: `trading-${n}` };
    tell('cli:bench', told(`seller-${sellerId}`, 'SellerApplied', seller));
    tell('cli:bench', told(`seller-${sellerId}`, 'SellerApproved', { sellerId, userId }));
    return { sellerId, actor: `user:${userId}` };
  });
  for (let n = 0; n < products; n++) {
    const { sellerId, actor } = world.random.pick(sellers);
    const noun = world.random.below(NOUNS.length);
    const of = { sellerId, categoryId: categories[noun] ?? '', noun: NOUNS[noun] ?? '', n };
    for (const events of product(world, at, of)) tell(actor, ...events);
  }
  return moments;
}

type Made = { readonly sellerId: string; readonly categoryId: string; readonly noun: string; readonly n: number };

/** The appends that list one product with one to three variants. */
function product(world: World, at: number, { sellerId, categoryId, noun, n }: Made): Told[][] {
  const { random } = world;
  const productId = world.id(at);
  const stream = `product-${productId}`;
  const brand = random.pick(BRANDS);
  const name = `${brand} ${random.pick(KINDS)} ${noun} ${n}`;
  const drafted = {
    ...{ productId, sellerId, categoryId, name, brand, slug: name.toLowerCase().replaceAll(' ', '-') },
    description: `${name} with everything one expects of it, and a warranty of ${1 + (n % 5)} years.`,
    specifications: [{ name: 'Weight', value: `${100 + random.below(900)} g` }],
    popularity: random.below(20_000),
    images: [{ url: `https://images.example/${productId}.jpg`, alt: name }],
  };
  const appends: Told[][] = [[told(stream, 'ProductDrafted', drafted)]];
  for (let count = 1 + random.below(3); count > 0; count--) {
    const [variantId, sku] = [world.id(at), `SKU-${n}-${count}`];
    const options = { colour: COLOURS[count] ?? 'black' };
    const price = 500 + random.below(90_000);
    const soldOut = world.variants.length % 50 === 49;
    const ids = { variantId, productId, sellerId, sku };
    world.variants.push({ ...ids, name, options, price, soldOut });
    const validUntil = new Date(at + MINUTE).toISOString();
    appends.push(
      [told(`sku-${sellerId}-${sku}`, 'SkuClaimed', { ...ids, validUntil })],
      [told(stream, 'VariantAdded', { ...ids, options, price: usd(price) })],
      [told(`inventory-${variantId}`, 'StockOpened', ids)],
      ...(soldOut ? [] : [[told(`inventory-${variantId}`, 'StockReceived', { ...ids, quantity: 500_000 })]]),
    );
  }
  return [...appends, [told(stream, 'ProductPublished', { productId })]];
}

export function address(world: World, name: string): Address {
  const place = world.random.below(CITIES.length);
  const postalCode = String(10_000 + world.random.below(89_999));
  const line1 = `${1 + world.random.below(200)} Main Street`;
  return { name, line1, city: CITIES[place] ?? '', postalCode, country: COUNTRIES[place] ?? 'US' };
}
