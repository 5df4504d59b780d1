/** Where what is shown is read from and who keeps it: the rows, and the engines beside them that the settings name. */
import { type CartViews, postgresCartViews } from '../projections/carts/views.ts';
import { type ProductViews, postgresProductViews } from '../projections/products/views.ts';
import type { OutsideModel } from '../projections/runtime/types.ts';
import { postgresSearch, type SearchEngine } from '../projections/search/engine.ts';
import type { ViewKeeper } from '../projections/views/redis-views.ts';
import type { Engines } from './engines.ts';

export type ReadModels = {
  readonly carts: CartViews;
  readonly products: ProductViews;
  readonly search: SearchEngine;
  /** Keeps what is beside the rows, in the process that keeps those. */
  readonly views: ViewKeeper | undefined;
  readonly outside: readonly OutsideModel[];
};

/** Chooses them; asks no engine yet. */
export async function openReadModels(engines: Engines): Promise<ReadModels> {
  return { ...(await viewsOf(engines)), ...(await searchOf(engines)) };
}

async function viewsOf(engines: Engines): Promise<Pick<ReadModels, 'carts' | 'products' | 'views'>> {
  const { redis, store: log, keys, database, logger } = engines;
  const reader = database.pool;
  if (!redis) {
    return { carts: postgresCartViews(reader), products: postgresProductViews(reader), views: undefined };
  }
  const { createRedisViews } = await import('../projections/views/redis-views.ts');
  const { carts, products, keeper } = await createRedisViews({ redis, log, keys, reader, logger });
  return { carts, products, views: keeper };
}

async function searchOf(engines: Engines): Promise<Pick<ReadModels, 'search' | 'outside'>> {
  const { typesense: connection, store, database, logger } = engines;
  const reader = database.pool;
  if (!connection) return { search: postgresSearch(reader), outside: [] };
  const { logId } = await store.identity();
  const { typesenseSearch } = await import('../projections/search/typesense/engine.ts');
  const { typesenseModel } = await import('../projections/search/typesense/model.ts');
  return {
    search: typesenseSearch({ connection, logId, reader, logger }),
    outside: [typesenseModel({ connection, logId, logger })],
  };
}
