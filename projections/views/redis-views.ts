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
import { createViewCache, type ViewCache } from './cache.ts';
import { type KeepTurn, keepViews, type ViewGeneration } from './keep.ts';
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
  const source = { log, keys };
  const breaker = createBreaker({ logger, what: 'Redis' });
  // Another generation is another prefix: each of its keys is a miss.
  const prefixOf = (generation: number | '*') => `souk:${identity.logId}-${identity.epoch}-${generation}`;
  const of = (generation: number): ViewGeneration => {
    const prefix = prefixOf(generation);
    const kindOf = (definition: ViewDefinition) => ({ definition, cache: createViewCache(redis, prefix, definition) });
    return { mark: createViewMark(redis, prefix), kinds: [kindOf(cartView), kindOf(productView)] };
  };
  const live = createLiveGeneration(reader, of);
  const isKept = createKeptCheck(async () => (await live()).mark.read());
  const readerOf = <R extends Row>(definition: ViewDefinition) => {
    const cache = async () => cacheOf(await live(), definition);
    return createViewReader<R>({ definition, cache, source, isKept, breaker });
  };
  const keeping = { redis, log, identity, source, of, anyPrefix: prefixOf('*'), logger };
  return {
    carts: redisCartViews(reader, readerOf<CartRow>(cartView)),
    products: redisProductViews(reader, readerOf<ProductRow>(productView)),
    keeper: {
      name: NAME,
      run: (turn, signal) => keepViews(keeping, turn, signal),
      checkpoint: async () => ({
        ...(await (
          await live()
        ).mark
          .read()
          .then(rowOf, (error) => ({ ...rowOf(undefined), error: errorMessage(error) }))),
        log_id: identity.logId,
        epoch: identity.epoch,
      }),
    },
  };
}

const NAME = 'redis-views';

function cacheOf({ kinds }: ViewGeneration, definition: ViewDefinition): ViewCache {
  const kind = kinds.find((each) => each.definition === definition);
  if (!kind) throw new Error(`there are no views of ${definition.projection.name}`);
  return kind.cache;
}

/** So long the generation that is read is remembered: the one before is right, or known not to be kept, for longer. */
const ASK_EVERY_MS = 500;

function createLiveGeneration(
  reader: Reader,
  of: (generation: number) => ViewGeneration,
): () => Promise<ViewGeneration> {
  let asked = Number.NEGATIVE_INFINITY;
  let number: number | undefined;
  let answer: Promise<ViewGeneration> = Promise.resolve(of(1));
  const ask = async (before: Promise<ViewGeneration>) => {
    const found = await liveGeneration(reader);
    const same = found === number;
    number = found;
    return same ? before : of(found);
  };
  return () => {
    if (performance.now() - asked >= ASK_EVERY_MS) {
      asked = performance.now();
      const before = answer;
      // The rows that are joined are there too: who cannot ask for the one will fail at the other.
      answer = ask(before).catch(() => before);
    }
    return answer;
  };
}

async function liveGeneration(reader: Reader): Promise<number> {
  const { rows } = await reader.query<{ generation: number }>({
    name: 'live-views',
    text: `select generation from projections.generations where name = $1 and state = 'live'`,
    values: [NAME],
  });
  return rows[0]?.generation ?? 1;
}

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
