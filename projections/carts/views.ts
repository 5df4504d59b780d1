/** Where carts are read from: the engine of cart views, whichever it is. */
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import type { ReadView, ViewDefinition } from '../views/view.ts';
import { type CartRow, cartsProjection } from './projection.ts';
import { completeCart, type FoundCart, findCart, type PriceCart } from './queries.ts';

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

const HOUR_MS = 3_600_000;

/** Carts as Redis keeps them: a guest's for shorter than a buyer's, who comes back; one that is closed for a few minutes. */
export const cartView: ViewDefinition = {
  projection: cartsProjection,
  keepMs(row) {
    if (row?.status !== 'open') return HOUR_MS / 6;
    return row.buyer_id === null ? 2 * HOUR_MS : 24 * HOUR_MS;
  },
};

/** Carts from views of their streams; what their lines show, from the rows. */
export function redisCartViews(reader: Reader, read: ReadView<CartRow>): CartViews {
  return {
    engine: 'redis',
    reads: ['products', 'variants', 'inventory'],
    async find(cartId, { price, waitFor }) {
      const cart = await read(cartId, waitFor);
      return cart && completeCart(reader, cart, price);
    },
  };
}
