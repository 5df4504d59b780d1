/** Whatever is parked and whenever it is tried again: in the end the rows are those of a history without any trouble. */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventMetadata, Position } from '../../event-store/port.ts';
import { foldChanges, type Stamped, type ToPark } from './fold.ts';
import type { Lane } from './lanes.ts';
import { type Entry, parkingOf } from './parking.ts';
import { type Change, planBatch } from './plan.ts';
import type { ProjectedEvent, Projection } from './types.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e'];
type HistoryRow = { readonly id: string; readonly seen: string };

/** Each row lists the events it has seen, in their order: one lost, doubled or out of order is seen. */
const listing: Projection = {
  name: 'listing',
  version: 1,
  table: 'listing',
  keyColumn: 'id',
  category: 'none',
  columns: { id: 'text', seen: 'text' },
  wants: ['StockAdjusted'],
  keys: (event) => (event.data as unknown as { keys: readonly string[] }).keys,
  project: (event, row, key) => {
    const seen = (row as HistoryRow | undefined)?.seen ?? '';
    // Every seventh deletes its row: the next begins anew.
    return seen.length % 7 === 6 ? null : { id: key, seen: `${seen}${event.id}` };
  },
};

const at = (n: number) => String(n).padStart(20, '0') as Position;
const eventOf = (keys: readonly string[], n: number): ProjectedEvent => {
  const metadata = { $correlationId: 'request', schemaVersion: 1 } as EventMetadata;
  const id = String.fromCharCode(65 + (n % 26));
  const where = { stream: `stock-${keys[0]}`, revision: n, position: at(n + 1) };
  return { id, type: 'StockAdjusted', data: { keys }, metadata, ...where } as unknown as ProjectedEvent;
};

/** A lane in memory: its rows and what is parked, changed as the apply statement changes them. */
function laneInMemory(number: number) {
  const generation = { name: 'listing', generation: 1, version: 1, state: 'live', schema: 'gen' } as const;
  const lane: Lane = {
    projection: listing,
    generation,
    lane: number,
    stored: null,
    reached: null,
    epoch: 1,
    parked: new Map(),
    eventsPerSecond: 0,
    movedAt: 0,
  };
  const rows = new Map<string, Stamped>();
  const entries = new Map<string, Entry & { readonly event: ProjectedEvent; readonly error: boolean }>();
  const name = ({ key, position }: Pick<ToPark, 'key' | 'position'>) => `${position} ${key}`;

  function apply(projection: Projection, changes: readonly Change[], drained: readonly Entry[] = []): void {
    const due = new Set(drained.map(({ key }) => key));
    const held = { has: (key: string) => !due.has(key) && lane.parked?.has(key) === true };
    const folded = foldChanges(projection, changes, rows, held);
    const parking = parkingOf(lane, { parked: folded.parked, entries: drained, tries: 1, late: null, built: [] });
    for (const key of folded.gone) rows.delete(key);
    for (const row of folded.put) rows.set(String(row.id), row);
    for (const entry of drained) entries.delete(name(entry));
    for (const one of folded.parked) {
      const event = changes.find((change) => change.event.position === one.position)?.event as ProjectedEvent;
      const known = { id: name(one), wish: null, eventId: one.id, type: one.type, stream: one.stream };
      const { key, position, correlationId } = one;
      entries.set(name(one), { ...known, key, position, correlationId, event, error: one.error !== undefined });
    }
    if (parking) lane.parked = parking.after;
  }

  return {
    lane,
    rows,
    entries,
    apply,
    drain(projection: Projection, keys: ReadonlySet<string>) {
      const due = [...entries.values()].filter(({ key }) => keys.has(key));
      due.sort((a, b) => (a.position < b.position ? -1 : 1));
      const changes = due.map(({ event, key }): Change => ({ event, key, late: true }));
      if (due.length > 0) apply(projection, changes, due);
    },
  };
}

const histories = fc.array(fc.uniqueArray(fc.constantFrom(...KEYS), { maxLength: 3 }), { maxLength: 60 });
const plans = fc.record({
  history: histories,
  /** Which events fail, for which key. */
  poison: fc.array(fc.record({ event: fc.nat(60), key: fc.constantFrom(...KEYS) }), { maxLength: 6 }),
  batch: fc.integer({ min: 1, max: 20 }),
  /** Keys that are tried again in vain, after each batch. */
  retries: fc.array(fc.subarray(KEYS), { maxLength: 10 }),
});

it('comes level after the mend, for random histories, poisons, batches and retries', () => {
  fc.assert(
    fc.property(plans, ({ history, poison, batch, retries }) => {
      const events = history.map(eventOf);
      const fails = new Set(poison.map(({ event, key }) => `${at(event + 1)} ${key}`));
      const sick: Projection = {
        ...listing,
        project(event, row, key) {
          if (fails.has(`${event.position} ${key}`)) throw new Error('poison');
          return listing.project(event, row, key);
        },
      };
      const run = (projection: Projection) => {
        const memories = [laneInMemory(0), laneInMemory(1)];
        for (let from = 0, turn = 0; from < events.length; from += batch, turn++) {
          const opened = events.slice(from, from + batch).map((event) => ({ event }));
          const plan = planBatch(
            opened,
            memories.map(({ lane }) => lane),
          );
          for (const { lane, apply, drain } of memories) {
            apply(projection, plan.get(lane) ?? []);
            drain(projection, new Set(retries[turn]));
          }
        }
        return memories;
      };
      const healthy = run(listing);
      const mended = run(sick);
      for (const [n, memory] of mended.entries()) {
        // The first of each key failed, and it alone; the lane knows how many there are.
        for (const key of new Set([...memory.entries.values()].map((entry) => entry.key))) {
          const mine = [...memory.entries.values()].filter((entry) => entry.key === key);
          mine.sort((a, b) => (a.position < b.position ? -1 : 1));
          expect(mine.map(({ error }) => error)).toEqual(mine.map((_, index) => index === 0));
          expect(memory.lane.parked?.get(key)).toBe(mine.length);
        }
        memory.drain(listing, new Set(KEYS));
        expect(memory.entries.size).toBe(0);
        expect(memory.lane.parked?.size).toBe(0);
        expect(new Map([...memory.rows].sort())).toEqual(new Map([...(healthy[n]?.rows ?? [])].sort()));
      }
    }),
    { numRuns: 300 },
  );
});
