/** Where product pages are read from: the rows, or a cache of what is asked for most. */
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import type { ReadView, ViewDefinition } from '../views/view.ts';
import { type ProductRow, productsProjection } from './projection.ts';
import { completeProduct, type FoundProduct, findProduct } from './queries.ts';

export type ProductViews = {
  readonly engine: 'postgres' | 'redis';
  /** Projections that must have reached a position before `find` is asked for it: what `Souk-Wait-For` waits for. */
  readonly reads: readonly string[];
  /** A product page; undefined where there is none. `waitFor`: see `CartViews`. */
  find(productId: string, options?: { readonly waitFor?: Position | undefined }): Promise<FoundProduct | undefined>;
};

/** Product pages from the rows. */
export function postgresProductViews(reader: Reader): ProductViews {
  return {
    engine: 'postgres',
    reads: ['products', 'sellers', 'inventory'],
    find: (productId) => findProduct(reader, productId),
  };
}

/** Product pages as Redis keeps them: those that were asked for in the last hour. */
export const productView: ViewDefinition = {
  projection: productsProjection,
  keepMs: () => 3_600_000,
};

/** Product pages from views of their streams; stock and the seller's standing from the rows. */
export function redisProductViews(reader: Reader, read: ReadView<ProductRow>): ProductViews {
  return {
    engine: 'redis',
    reads: ['sellers', 'inventory'],
    async find(productId, { waitFor } = {}) {
      const product = await read(productId, waitFor);
      return product && completeProduct(reader, product);
    },
  };
}
