/** Which lane gets which change, and how changes become rows. */
import { describe, expect, it } from '@jest/globals';
import type { Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { inventoryProjection } from '../inventory/projection.ts';
import { projected } from '../testing/projected.ts';
import { told } from '../testing/story.ts';
import { foldChanges, type Stamped } from './fold.ts';
import { earliest, type Lane, laneOf } from './lanes.ts';
import { planBatch } from './plan.ts';
import { defineProjection, type Projection } from './types.ts';

const at = (n: number) => String(n).padStart(20, '0') as Position;
const inventory = inventoryProjection as Projection;
const lane = (projection: Projection, number: number, of: Partial<Lane> = {}): Lane => {
  const fresh = { stored: null, reached: null, epoch: 0, parked: undefined, eventsPerSecond: 0, movedAt: 0 };
  const { name, version } = projection;
  const generation = { name, version, generation: 1, state: 'live', schema: `gen_${name}_1` } as const;
  return { projection, generation, lane: number, ...fresh, ...of };
};
const variants = Array.from({ length: 40 }, () => newId());
const events = projected(
  variants.map((variantId) =>
    told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: 3, reason: 'counted' }),
  ),
);

/** Counts one event for two rows: what fans out. */
const pairs = defineProjection<'StockAdjusted', { readonly id: string; readonly seen: number }>({
  name: 'pairs',
  version: 1,
  table: 'pairs',
  keyColumn: 'id',
  category: 'none',
  columns: { id: 'text', seen: 'integer' },
  wants: ['StockAdjusted'],
  keys: (event) => [event.data.variantId, 'all', 'all'],
  project: (_, row, key) => ({ id: key, seen: (row?.seen ?? 0) + 1 }),
}) as Projection;

describe('a batch', () => {
  it('goes to the lanes of its keys, each change once and in the order of the log', () => {
    const lanes = [lane(inventory, 1), lane(inventory, 0), lane(pairs, 0), lane(pairs, 1)];
    const plan = planBatch(
      events.map((event) => ({ event })),
      lanes,
    );
    for (const [to, changes] of plan) {
      for (const change of changes) expect(laneOf(change.key, 2)).toBe(to.lane);
      const positions = changes.map((change) => change.event.position);
      expect(positions).toEqual([...positions].sort());
    }
    const keys = [...plan.values()].flat().map((change) => change.key);
    expect(keys.filter((key) => key === 'all')).toHaveLength(variants.length);
    expect(keys).toHaveLength(3 * variants.length);
  });
  it('is left out by lanes that have it', () => {
    const has = lane(inventory, 0, { reached: at(variants.length) });
    expect(
      planBatch(
        events.map((event) => ({ event })),
        [has],
      ).size,
    ).toBe(0);
  });
  it('is taken by the lanes that are here and no others, of each generation by itself', () => {
    const building = { ...lane(inventory, 1), generation: { ...lane(inventory, 1).generation, schema: 'gen_2' } };
    const plan = planBatch(
      events.map((event) => ({ event })),
      [lane(inventory, 1), building],
    );
    const mine = variants.filter((id) => laneOf(id, 2) === 1);
    expect([...plan.values()].map((changes) => changes.map(({ key }) => key))).toEqual([mine, mine]);
  });
  it('that cannot be read fails for the row it is of, where its data are in the shape of today', () => {
    const [event] = events as [(typeof events)[0]];
    const today = { ...event, metadata: { ...event.metadata, schemaVersion: 1 } } as typeof event;
    const plan = planBatch([{ event: today, error: new Error('no key') }], [lane(inventory, 0), lane(inventory, 1)]);
    const key = variants[0] as string;
    expect([...plan].map(([to, changes]) => [to.lane, changes])).toEqual([
      [laneOf(key, 2), [{ event: today, key, error: new Error('no key') }]],
    ]);
  });
  it('that cannot be read holds up its stream in every lane that wants it, where nobody knows whose row it is', () => {
    const [first, second] = events as [(typeof events)[0], (typeof events)[0]];
    const newer = { ...first, metadata: { ...first.metadata, schemaVersion: 9 } } as typeof first;
    const next = { ...second, stream: first.stream } as typeof second;
    const key = `stream:${first.stream}`;
    const lanes = [lane(inventory, 0), lane(inventory, 1), lane({ ...pairs, wants: [] }, 0)];
    const plan = planBatch([{ event: newer, error: new Error('newer') }, { event: next }], lanes);
    const failed = { event: newer, key, error: new Error('newer') };
    const waits = { event: next, key: variants[1], stream: key };
    const on = laneOf(variants[1] as string, 2);
    expect(plan.get(lanes[on] as Lane)).toEqual([failed, waits]);
    expect(plan.get(lanes[1 - on] as Lane)).toEqual([failed]);
    expect(plan.size).toBe(2);
    const after = lane(inventory, on, { parked: new Map([[key, 1]]) });
    expect(planBatch([{ event: next }], [after]).get(after)).toEqual([waits]);
  });
});

describe('rows', () => {
  const change = (n: number) => ({ event: events[n] as (typeof events)[0], key: 'all' });
  it('that know an event are not changed by it again', () => {
    const known = { id: 'all', seen: 7, revision: -1, position: at(2) } as Stamped;
    const folded = foldChanges(pairs, [change(0), change(1), change(2)], new Map([['all', known]]));
    expect(folded.put).toEqual([{ id: 'all', seen: 8, revision: -1, position: at(3) }]);
  });
  it('take the revision of their own stream alone', () => {
    const own = foldChanges({ ...pairs, category: 'inventory' }, [change(0)], new Map());
    expect(own.put[0]?.revision).toBe(0);
  });
  it('are given as far as they came when a change throws; their later changes wait, and other rows go on', () => {
    const failing: Projection = {
      ...pairs,
      project(event, row, key) {
        if (key === 'all' && event.position === at(2)) throw new Error('poison');
        return pairs.project(event, row, key);
      },
    };
    const other = (n: number) => ({ ...change(n), key: 'other' });
    const changes = [change(0), change(1), other(1), change(2), other(2)];
    const folded = foldChanges(failing, changes, new Map());
    expect(folded.put.map(({ id, seen }) => [id, seen])).toEqual([
      ['all', 1],
      ['other', 2],
    ]);
    expect(folded.parked.map(({ key, position, error }) => [key, position, error?.message])).toEqual([
      ['all', at(2), 'poison'],
      ['all', at(3), undefined],
    ]);
  });
  it('that something is parked for are not changed', () => {
    const folded = foldChanges(pairs, [change(0)], new Map(), new Set(['all']));
    expect(folded.put).toEqual([]);
    expect(folded.parked).toMatchObject([{ key: 'all', position: at(1) }]);
  });
  it('are deleted only where there were any', () => {
    const dropping = { ...pairs, project: () => null };
    const known = { id: 'all', seen: 7, revision: -1, position: at(0) } as Stamped;
    expect(foldChanges(dropping, [change(0)], new Map()).gone).toEqual([]);
    expect(foldChanges(dropping, [change(0)], new Map([['all', known]])).gone).toEqual(['all']);
  });
});

it('the earliest position is nothing as long as one has not begun', () => {
  expect(earliest([at(3), at(2)])).toBe(at(2));
  expect(earliest([at(3), null])).toBeNull();
  expect(earliest([])).toBeNull();
});
