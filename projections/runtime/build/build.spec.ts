/** Who fills which lanes, and who takes over from whom: on threads that only pretend. */
import { expect, it } from '@jest/globals';
import type { EventStore, Position } from '../../../event-store/port.ts';
import { allProjections } from '../../all.ts';
import { freshLanes, type Lane } from '../lanes.ts';
import { type BuildContext, buildLanes } from './build.ts';
import { lanesApart } from './lanes-apart.ts';
import type { BuildThread } from './thread.ts';

const at = (n: number) => String(n).padStart(16, '0') as Position;
const END = at(100_000);
const log = {
  distance: (after: Position | null, upTo: Position | null) => Number(upTo ?? 0) - Number(after ?? 0),
} as Pick<EventStore, 'distance'> as EventStore;

const everyLane = (): Lane[] =>
  allProjections.flatMap((projection) =>
    freshLanes(projection, {
      name: projection.name,
      generation: 1,
      version: 1,
      state: 'building',
      schema: projection.name,
    }),
  );
const namesOf = (lanes: readonly Lane[]) => [...new Set(lanes.map(({ projection }) => projection.name))];

/** `stop` is told when the thread was asked to. */
type Fill = (lanes: readonly Lane[], stop: Promise<void>) => Promise<Position>;

function contextOf(fills: readonly Fill[]) {
  const told: string[][] = [];
  let closed = 0;
  const left = [...fills];
  const start = (): BuildThread => ({
    async fill(lanes, { signal }) {
      told.push(namesOf(lanes));
      const stop = new Promise<void>((done) => signal.addEventListener('abort', () => done()));
      const reached = await (left.shift() ?? (async () => END))(lanes, stop);
      for (const lane of lanes) lane.stored = reached;
    },
    async close() {
      closed += 1;
    },
  });
  const context = { log, owner: 'test', onParked: () => {}, threads: { count: 2, start } } as unknown as BuildContext;
  return { context, told, closed: () => closed };
}

const never = new AbortController().signal;

it('keeps together what wants the same events, and divides the rest evenly', () => {
  const [first = [], second = [], ...more] = lanesApart(everyLane(), 2);
  expect(more).toEqual([]);
  expect(namesOf(first)).toEqual(expect.arrayContaining(['orders', 'payments', 'sales']));
  expect(namesOf(second)).toEqual(expect.arrayContaining(['carts', 'products', 'variants', 'inventory']));
  expect([...first, ...second]).toHaveLength(everyLane().length);
  expect(lanesApart(first.slice(0, 1), 2)).toHaveLength(1);
});

it('lets a thread that is done take over from one that has much left, which goes on with the rest', async () => {
  const { context, told, closed } = contextOf([
    async () => END,
    async (_, stop) => {
      await stop;
      return at(40_000);
    },
  ]);
  const lanes = everyLane();
  await buildLanes(context, lanes, { upTo: () => END, signal: never });
  const [first = [], second = [], third = [], fourth = [], ...more] = told;
  expect(first.length + second.length).toBe(allProjections.length);
  expect([...third, ...fourth].sort()).toEqual([...second].sort());
  expect(more).toEqual([]);
  expect(lanes.every(({ stored }) => stored === END)).toBe(true);
  expect(closed()).toBe(2);
});

it('leaves one alone that has little left', async () => {
  let finish = (): void => undefined;
  const { context, told } = contextOf([
    async () => {
      setImmediate(() => finish());
      return END;
    },
    () =>
      new Promise((done) => {
        finish = () => done(END);
      }),
  ]);
  await buildLanes(context, everyLane(), { upTo: () => at(9_000), signal: never });
  expect(told).toHaveLength(2);
});

it('stops the others where one fails, and says why once all have stopped', async () => {
  let stopped = false;
  const { context, closed } = contextOf([
    () => Promise.reject(new Error('out of memory')),
    async (_, stop) => {
      await stop;
      stopped = true;
      return at(1);
    },
  ]);
  await expect(buildLanes(context, everyLane(), { upTo: () => END, signal: never })).rejects.toThrow('out of memory');
  expect([stopped, closed()]).toEqual([true, 2]);
});

it('ends early, and without an error, when it is asked to', async () => {
  const stopping = new AbortController();
  const partly: Fill = async (_, stop) => {
    stopping.abort();
    await stop;
    return at(5);
  };
  const { context, told } = contextOf([partly, async (_, stop) => partly(_, stop)]);
  const lanes = everyLane();
  await buildLanes(context, lanes, { upTo: () => END, signal: stopping.signal });
  expect(told.length).toBeLessThanOrEqual(2);
  expect(lanes.some(({ stored }) => stored === END)).toBe(false);
});
