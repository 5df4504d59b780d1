/** Carts and product pages from Redis, put together: how they are read, and who keeps them. */
import type { EventStore } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { createBreaker } from '../../platform/process/breaker.ts';
import { errorMessage } from '../../platform/process/error-code.ts';
import type { RedisConnection } from '../../platform/redis/connection.ts';
import type { CartRow } from '../carts/projection.ts';
import { type CartViews, cartView, redisCartViews } from '../carts/views.ts';
import type { ProductRow } from '../products/projection.ts';
import { type ProductViews, productView, redisProductViews } from '../products/views.ts';
import type { Reader } from '../read.ts';
import type { CheckpointRow } from '../runtime/checkpoints.ts';
import type { Row } from '../runtime/types.ts';
import { createViewCache } from './cache.ts';
import { type KeepTurn, keepViews } from './keep.ts';
import { createKeptCheck, createViewMark, type Mark } from './mark.ts';
import { createViewReader } from './read.ts';
import type { ViewDefinition } from './view.ts';

export type RedisViews = { readonly carts: CartViews; readonly products: ProductViews; readonly keeper: ViewKeeper };

export type ViewKeeper = {
  /** In `souk projections`. */
  readonly name: string;
  run(turn: KeepTurn, signal: AbortSignal): Promise<void>;
  /** As a lane's checkpoint; with the reason where Redis cannot be asked. */
  checkpoint(): Promise<CheckpointRow>;
};

export type RedisViewsOptions = {
  readonly redis: RedisConnection;
  readonly log: EventStore;
  readonly keys: Pick<KeyStore, 'openAll'>;
  /** Where the rows are that are joined. */
  readonly reader: Reader;
  readonly logger: Logger;
};

export async function createRedisViews({ redis, log, keys, reader, logger }: RedisViewsOptions): Promise<RedisViews> {
  const identity = await log.identity();
  const prefix = `souk:${identity.logId}-${identity.epoch}`;
  const mark = createViewMark(redis, prefix);
  const isKept = createKeptCheck(mark);
  const source = { log, keys };
  const breaker = createBreaker({ logger, what: 'Redis' });
  const kindOf = (definition: ViewDefinition) => ({ definition, cache: createViewCache(redis, prefix, definition) });
  const [carts, products] = [kindOf(cartView), kindOf(productView)];
  const readerOf = <R extends Row>(kind: typeof carts) => createViewReader<R>({ ...kind, source, isKept, breaker });
  const keeping = { redis, log, identity, source, prefix, mark, kinds: [carts, products], logger };
  return {
    carts: redisCartViews(reader, readerOf<CartRow>(carts)),
    products: redisProductViews(reader, readerOf<ProductRow>(products)),
    keeper: {
      name: NAME,
      run: (turn, signal) => keepViews(keeping, turn, signal),
      checkpoint: async () => ({
        ...(await mark.read().then(rowOf, (error) => ({ ...rowOf(undefined), error: errorMessage(error) }))),
        log_id: identity.logId,
        epoch: identity.epoch,
      }),
    },
  };
}

const NAME = 'redis-views';

function rowOf(mark: Mark | undefined): Omit<CheckpointRow, 'log_id' | 'epoch'> {
  return {
    name: NAME,
    version: 1,
    generation: 1,
    state: 'live',
    lane: 0,
    lanes: 1,
    position: mark?.position ?? null,
    event_id: mark?.eventId ?? null,
    events_per_second: 0,
    error: null,
    error_position: null,
    parked: 0,
    owner: mark?.owner ?? null,
    owner_epoch: 0,
    updated_at: mark?.movedAt ?? new Date(0),
    last_progress_at: mark?.movedAt ?? null,
  };
}
