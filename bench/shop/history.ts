/** Makes a realistic log of as many events as are wanted: months of a marketplace, the same for the same seed. */
import { definitionOf } from '../../domain/event-registry.ts';
import type { OrderedWriter, Run } from '../../event-store/copy/ordered-writer.ts';
import type { NewEvent } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import { nextStory } from './history/stories.ts';
import { catalogue, createWorld, DAY, HOUR, type Moment, type World } from './history/world.ts';

export type HistoryOptions = {
  /** Of a log that holds none of this yet, as `createOrderedWriter(url)` opens it. */
  readonly writer: Pick<OrderedWriter, 'write'>;
  readonly keys: Pick<KeyStore, 'seal' | 'digest'>;
  /** At least so many (200,000): the last stories are told to their end. */
  readonly events?: number;
  readonly seed?: number;
  readonly onProgress?: (events: number) => void;
};

export type History = {
  readonly events: number;
  readonly products: number;
  readonly buyers: number;
  readonly orders: number;
  readonly confirmed: number;
  readonly rejected: number;
  /** Confirmed first, then cancelled and refunded. */
  readonly cancelled: number;
  /** Carts that nobody checked out. */
  readonly left: number;
};

/** In the past of every clock. */
const START = Date.UTC(2025, 0, 6);
const DAYS = 180;
/** Events written at once. */
const PORTION = 4_000;
/** What a story comes to, for the pace. */
const EVENTS_OF_A_STORY = 18;

/**
 * Stories run beside each other, so the events of orders lie among each other as in a busy shop. About 25 events for
 * each order, carts that were left and sellers' deeds included. Throws as the writer does.
 */
export async function makeHistory(options: HistoryOptions): Promise<History> {
  const { writer, keys, events = 200_000, seed = 1, onProgress } = options;
  const world = createWorld(seed, keys);
  const out = createOutput(world, writer);
  const products = Math.min(5_000, Math.max(20, Math.round(events / 150)));
  const pending: Moment[] = catalogue(world, START, products);
  let told = pending.length;
  const stories = Math.ceil((events - told) / EVENTS_OF_A_STORY / DAYS);
  const count = { confirmed: 0, rejected: 0, cancelled: 0, left: 0 };
  for (let day = START + DAY; told < events; day += DAY) {
    for (const at of startsOf(world, day, stories)) {
      const { moments, ending } = nextStory(world, at);
      if (ending) count[ending] += 1;
      for (const moment of moments) pending.push(moment);
      told += moments.length;
      if (told >= events) break;
    }
    for (const change of world.tonight.splice(0)) change();
    await world.sealAll();
    pending.sort((a, b) => a.at - b.at);
    const until = told < events ? day + DAY : Number.POSITIVE_INFINITY;
    const later = pending.findIndex(({ at }) => at >= until);
    const due = pending.splice(0, later === -1 ? pending.length : later);
    await out.write(due);
    onProgress?.(out.written());
  }
  const orders = count.confirmed + count.rejected + count.cancelled;
  return { events: out.written(), products, buyers: world.buyers.length, orders, ...count };
}

/** When the stories of a day begin: half of them in the busy hour of the evening. */
function startsOf({ random }: World, day: number, count: number): number[] {
  const starts = Array.from({ length: count }, () =>
    Math.floor(random.next() < 0.5 ? day + 20 * HOUR + random.next() * HOUR : day + (6 + 16 * random.next()) * HOUR),
  );
  return starts.sort((a, b) => a - b);
}

type Output = { write(moments: readonly Moment[]): Promise<void>; written(): number };

function createOutput(world: World, writer: HistoryOptions['writer']): Output {
  const revisions = new Map<string, number>();
  let written = 0;
  const runOf = (moment: Moment): Run => {
    const stream = moment.events[0]?.stream ?? '';
    const expected = revisions.get(stream) ?? -1;
    revisions.set(stream, expected + moment.events.length);
    return { stream, expected, events: newEvents(world, moment) };
  };
  return {
    async write(moments) {
      for (let from = 0; from < moments.length; from += PORTION) {
        const runs = moments.slice(from, from + PORTION).map(runOf);
        await writer.write(runs);
        written += runs.reduce((sum, run) => sum + run.events.length, 0);
      }
    },
    written: () => written,
  };
}

/** As one command wrote them. */
function newEvents(world: World, { at, actor, events }: Moment): NewEvent[] {
  const commandId = world.id(at);
  const occurredAt = new Date(at).toISOString();
  const ids = { $correlationId: commandId, $causationId: commandId, commandId };
  const times = { occurredAt, recordedAt: new Date(at + 1).toISOString() };
  return events.map(({ type, data }) => {
    const schemaVersion = definitionOf(type)?.version ?? 1;
    return { id: world.id(at), type, data, metadata: { ...ids, actor, ...times, schemaVersion } };
  });
}
