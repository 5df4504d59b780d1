/** Where product pages are read from: the rows, or a cache of what is asked for most. */
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { type FoundProduct, findProduct } from './queries.ts';

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
