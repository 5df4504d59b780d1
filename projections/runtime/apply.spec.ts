/** Rows that are made anew come as a whole or not at all: half of their events would be less than what stands there. */
import { expect, it } from '@jest/globals';
import type { EventMetadata, Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { counting } from '../testing/counting.ts';
import { applyBatch } from './apply.ts';
import { freshLanes, type Lane } from './lanes.ts';
import type { Entry } from './parking.ts';
import type { Change } from './plan.ts';
import type { ProjectedEvent } from './types.ts';

const at = (n: number) => String(n).padStart(20, '0') as Position;
const changeOf = (key: string, n: number): Change => {
  const metadata = { $correlationId: 'request', schemaVersion: 1 } as EventMetadata;
  const where = { stream: `inventory-${key}`, revision: n, position: at(n) };
  const event = { id: `0000000${n}`, type: 'StockAdjusted', data: { variantId: key }, metadata, ...where };
  return { event: event as unknown as ProjectedEvent, key };
};
const entryOf = (key: string, n: number): Entry => {
  const { id: eventId, type, stream } = changeOf(key, n).event;
  return { id: `${key}${n}`, key, position: at(n), wish: 'retry', eventId, type, stream, correlationId: 'request' };
};

type Written = {
  readonly rows: readonly object[];
  readonly gone: unknown;
  readonly parked: unknown;
  readonly let: unknown;
};

it('writes rows made anew whole, and leaves those that Postgres refuses as they are', async () => {
  const written: Written[] = [];
  const reader: Reader = {
    async query(query: unknown, values?: unknown) {
      const asked = query as { readonly text?: string; readonly values: readonly unknown[] };
      if (values !== undefined || !asked.text?.includes('moved')) return { rows: [], rowCount: 0 } as never;
      const rows = JSON.parse(String(asked.values[9]));
      if (rows.some(({ id }: { id: string }) => id === 'bad'))
        throw Object.assign(new Error('too large'), { code: '22003' });
      const parked = JSON.parse(String(asked.values[13] ?? '[]'));
      written.push({ rows, gone: asked.values[8], parked, let: asked.values[14] });
      return { rows: [{ moved: 1 }], rowCount: 1 } as never;
    },
  };
  const generation = { name: 'counts', generation: 1, version: 1, state: 'live', schema: 'gen' } as const;
  const lane = freshLanes(counting('counts'), generation)[0] as Lane;
  lane.stored = at(9);
  lane.parked = new Map([
    ['good', 1],
    ['bad', 1],
  ]);
  const changes = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => changeOf(n % 2 ? 'good' : 'bad', n));
  const entries = [entryOf('good', 3), entryOf('bad', 4)];
  const context = { reader, owner: 'test', onParked: () => undefined };
  await applyBatch(context, lane, { changes, end: null, entries, held: { has: () => false }, anew: true });
  const rows = written.flatMap((one) => one.rows);
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) expect(row).toMatchObject({ id: 'good', seen: 4, position: at(7) });
  expect(written.flatMap((one) => one.gone)).toEqual([]);
  const last = written.at(-1);
  // The one is parked no more; the other with what Postgres says, and nothing that was in its row with it.
  expect(last?.let).toEqual(['good3']);
  expect(last?.parked).toMatchObject([{ key: 'bad', position: at(4), error: 'too large', attempts: 1, wish: 'retry' }]);
  expect(lane.parked).toEqual(new Map([['bad', 1]]));
});
