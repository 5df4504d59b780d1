/** Events of a small marketplace, as the domain words them, to be put into a log or folded by hand. */
import type { EventNamed, EventType } from '../../domain/event-registry.ts';
import type { Money } from '../../domain/money.ts';
import { newId } from '../../platform/ids.ts';

/** One event and where it belongs. */
export type Told<T extends EventType = EventType> = T extends EventType
  ? {
      readonly stream: string;
      readonly type: T;
      readonly data: EventNamed<T>['data'];
      /** When it happened, where it was not just now. */
      readonly at?: string;
    }
  : never;

/** Keeps type and data together. */
export function told<T extends EventType>(stream: string, type: T, data: EventNamed<T>['data']): Told {
  return { stream, type, data } as unknown as Told;
}

export const usd = (amount: number): Money => ({ amount, currency: 'USD' });

/** The same events, told as having happened then. */
export function toldAt(at: string, events: readonly Told[]): Told[] {
  return events.map((event) => ({ ...event, at }));
}

/** A seller who applied and was approved. */
export function approvedSeller(sellerId: string, name = 'Sound & Vision'): Told[] {
  const stream = `seller-${sellerId}`;
  const userId = newId();
  return [
    told(stream, 'SellerApplied', { sellerId, userId, name, slug: 'sound-vision' }),
    told(stream, 'SellerApproved', { sellerId, userId }),
  ];
}

/** A category of the tree. */
export function category(categoryId: string, name: string, parentId: string | null = null): Told {
  const slug = name.toLowerCase().replace(/\W+/g, '-');
  return told('category-tree', 'CategoryCreated', { categoryId, parentId, name, slug });
}

export type Listing = {
  readonly productId?: string;
  readonly variantId?: string;
  readonly sellerId: string;
  readonly categoryId: string;
  readonly name: string;
  readonly brand?: string;
  readonly description?: string;
  readonly price?: Money;
  readonly stock?: number;
  readonly popularity?: number;
  readonly image?: string;
  readonly sku?: string | null;
};

/** A product with one variant, published, with its stock. */
export function listing(of: Listing): Told[] {
  const { productId = newId(), variantId = newId(), sellerId, categoryId, name } = of;
  const { brand = 'Acme', description = '', price = usd(1_999), stock = 0, popularity = 0, sku = null } = of;
  const stream = `product-${productId}`;
  const images = of.image === undefined ? [] : [{ url: of.image, alt: name }];
  const fields = { name, description, brand, categoryId, specifications: [], popularity, images };
  const options = { colour: 'black' };
  const received = { variantId, productId, sellerId, sku, quantity: stock };
  return [
    told(stream, 'ProductDrafted', { productId, sellerId, slug: name.toLowerCase(), ...fields }),
    told(stream, 'VariantAdded', { productId, sellerId, variantId, sku, options, price }),
    told(stream, 'ProductPublished', { productId }),
    ...(stock > 0 ? [told(`inventory-${variantId}`, 'StockReceived', received)] : []),
  ];
}
