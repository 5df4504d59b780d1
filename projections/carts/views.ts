/** Where carts are read from: the engine of cart views, whichever it is. */
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { type FoundCart, findCart, type PriceCart } from './queries.ts';

export type CartViews = {
  readonly engine: 'postgres' | 'redis';
  /** Projections that must have reached a position before `find` is asked for it: what `Souk-Wait-For` waits for. */
  readonly reads: readonly string[];
  /**
   * A cart with what its lines show; undefined where there is none. `waitFor`: the position the reader has written or
   * seen; what is not among `reads` the engine brings there itself.
   */
  find(
    cartId: string,
    options: { readonly price: PriceCart; readonly waitFor?: Position | undefined },
  ): Promise<FoundCart | undefined>;
};

/** Carts from the rows. */
export function postgresCartViews(reader: Reader): CartViews {
  return {
    engine: 'postgres',
    reads: ['carts', 'products', 'variants', 'inventory'],
    find: (cartId, { price }) => findCart(reader, cartId, price),
  };
}
