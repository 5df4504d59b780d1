/** What is parked, tried once more by the owner of its lane: when the lane is taken, and when somebody wishes it. */
import type pg from 'pg';
import type { EventStore } from '../../event-store/port.ts';
import { scanLog } from '../../event-store/scan.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import { pause } from '../../platform/process/pause.ts';
import { type ApplyContext, applyBatch } from './apply.ts';
import { openEvents } from './decode.ts';
import { Overtaken } from './fold.ts';
import { LANES, type Lane, laneOf } from './lanes.ts';
import { type Entry, eventOf, readEntries, readWished } from './parking.ts';
import { type Change, keysOf, streamKey } from './plan.ts';
import type { Progress } from './signal.ts';
import type { ProjectedEvent } from './types.ts';

export type DrainContext = {
  readonly pool: pg.Pool;
  readonly log: EventStore;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly lanes: readonly Lane[];
  readonly progress: Progress;
  readonly apply: ApplyContext;
  /** One at a time with all else that moves these lanes. */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
};

/** How often it is looked for wishes, as long as anything is parked, in milliseconds. */
const LOOK_MS = 500;
/** Events tried at once. */
const PAGE = 100;

/** Until the signal aborts. `taken`: lanes that were taken just now; the code may have been mended since. */
export async function keepDraining(context: DrainContext, taken: readonly Lane[], signal: AbortSignal): Promise<void> {
  for (const lane of taken) await drain(context, lane, { keys: new Set(lane.parked?.keys()), signal });
  while (!signal.aborted) {
    await pause(LOOK_MS, signal);
    const holding = context.lanes.filter((lane) => lane.parked !== undefined && lane.parked.size > 0);
    if (holding.length === 0 || signal.aborted) continue;
    const wished = await readWished(context.pool, holding);
    for (const [lane, keys] of wished) await drain(context, lane, { keys, signal });
  }
}

type Asked = { readonly keys: ReadonlySet<string>; readonly signal: AbortSignal };

/** In the order of the log, page by page; a key whose event fails again is left alone, its others wait on. */
async function drain(context: DrainContext, lane: Lane, { keys, signal }: Asked): Promise<void> {
  // The rows of a stream's events can be any of the lane's: only in the order of the log do they come right.
  const all = [...keys].some((key) => key.startsWith(streamKey('')));
  let due = new Set(all ? lane.parked?.keys() : keys);
  let after: Entry | undefined;
  const overtaken = new Set<string>();
  while (due.size > 0 && !signal.aborted) {
    const last = await context.exclusive(async () => {
      const entries = await readEntries(context.pool, lane, { keys: due, after, limit: PAGE });
      if (entries.length === 0) return undefined;
      const held = { has: (key: string) => !due.has(key) && lane.parked?.has(key) === true };
      const changes = await changesOf(context, lane, entries);
      const parked = await applyBatch(context.apply, lane, { changes, end: null, entries, held });
      const failed = new Set(parked.map(({ key }) => key));
      for (const { key, error } of parked) if (error instanceof Overtaken) overtaken.add(key);
      due = new Set([...due].filter((key) => !failed.has(key)));
      context.progress.notify();
      return entries.at(-1);
    });
    if (!last) break;
    after = last;
  }
  if (overtaken.size > 0 && !signal.aborted) await makeAnew(context, lane, { keys: overtaken, signal });
}

/**
 * Rows that have later events than what was parked for them, as happens where only the stream of a parked event was known:
 * all their events are folded again from the start of the log. The lane goes on meanwhile; what comes for them waits.
 */
async function makeAnew(context: DrainContext, lane: Lane, { keys, signal }: Asked): Promise<void> {
  const { projection, stored: upTo } = lane;
  const changes: Change[] = [];
  const filter = { types: projection.wants };
  for await (const events of scanLog(context.log, { after: null, upTo, filter, signal })) {
    for (const one of await openEvents(events, context.keys)) {
      const { keys: of, error } = keysOf(projection, one);
      // It may be of these rows: they stay as they are until it can be read, or is skipped.
      if (!of && lane.parked?.has(streamKey(one.event.stream))) return;
      const event = one.event as ProjectedEvent;
      const mine = of?.filter((key) => keys.has(key)) ?? [];
      changes.push(...mine.map((key) => ({ event, key, ...(error ? { error } : {}) })));
    }
  }
  if (signal.aborted) return;
  await context.exclusive(async () => {
    const entries = await readEntries(context.pool, lane, { keys, after: undefined, limit: null });
    const later = await changesOf(
      context,
      lane,
      entries.filter(({ position }) => upTo === null || position > upTo),
    );
    const held = { has: () => false };
    await applyBatch(context.apply, lane, { changes: [...changes, ...later], end: null, entries, held, anew: true });
    context.progress.notify();
  });
}

/** Entries as changes again; those to be skipped are left out. */
async function changesOf(context: DrainContext, { projection, lane }: Lane, entries: readonly Entry[]) {
  const tried = entries.filter(({ wish }) => wish !== 'skip');
  const positions = [...new Set(tried.map(({ position }) => position))];
  const stored = await Promise.all(positions.map((position) => context.log.eventAt(position)));
  const found = stored.filter((event) => event !== undefined);
  const opened = new Map((await openEvents(found, context.keys)).map((one) => [one.event.position, one]));
  return tried.flatMap((entry): Change[] => {
    const one = opened.get(entry.position);
    const event = (one?.event ?? eventOf(entry)) as ProjectedEvent;
    const fails = (error: Error): Change[] => [{ event, key: entry.key, error, late: true }];
    if (!one) return fails(new Error('the event is not in the log any more'));
    if (one.error) return fails(one.error);
    if (!entry.key.startsWith(streamKey(''))) return [{ event, key: entry.key, late: true }];
    const { keys, error } = keysOf(projection, one);
    if (!keys) return fails(error);
    const mine = keys.filter((key) => laneOf(key, LANES) === lane);
    return mine.map((key) => ({ event, key, stream: entry.key, late: true }));
  });
}
