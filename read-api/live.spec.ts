/** What a watcher is sent: the first look, then changes, each part for itself, and nothing twice. */
import { expect, it } from '@jest/globals';
import type { Position } from '../event-store/port.ts';
import type { SseEvent } from '../platform/http/sse.ts';
import { type Look, live, type Watched } from './live.ts';

type Part = Look['parts'][number];

const part = (position: string | null, data: unknown, key = ''): Part => ({
  key,
  data,
  position: position as Position | null,
});

/** All that is sent while these looks are had, one after each ring of the bell; and whether the bell is still heard. */
async function sent(looks: readonly (readonly Part[])[], watched: Partial<Watched> = {}) {
  const left = [...looks];
  const events: SseEvent[] = [];
  let hearing = 0;
  const stream = live(
    {
      positions: { format: (position) => position, parse: () => undefined },
      waitFor: async () => ({ reached: true, at: null }),
    },
    {
      event: 'news',
      reads: [],
      signal: new AbortController().signal,
      hear() {
        hearing += 1;
        const stop = () => {
          hearing -= 1;
        };
        return { next: async () => '9' as Position, stop };
      },
      look: async () => ({ parts: left.shift() ?? [], ended: left.length === 0 }),
      ...watched,
    },
  );
  for await (const event of stream) events.push(event);
  return { events: events.map(({ id, data }) => [id, data]), hearing };
}

it('sends what is there at once, and again only where it changed', async () => {
  const { events, hearing } = await sent([[part('1', 'a')], [part('2', 'a')], [part('3', 'b')]]);
  expect(events).toEqual([
    ['1', 'a'],
    ['3', 'b'],
  ]);
  expect(hearing).toBe(0);
});

it('never goes back, as to rows that are behind those of another look', async () => {
  const { events } = await sent([[part('5', 'new')], [part('4', 'old')], [part('6', 'newer')]]);
  expect(events.map(([id]) => id)).toEqual(['5', '6']);
});

it('sends nothing that the client has already', async () => {
  const { events } = await sent([[part('3', 'a')], [part('4', 'b')]], { after: '3' });
  expect(events).toEqual([['4', 'b']]);
});

it('sends parts each for itself: what begins anew, as a day at midnight, needs no position', async () => {
  const yesterday = [part('7', { sold: 3 }, '1 May USD'), part('7', { sold: 1 }, '1 May EUR')];
  const { events } = await sent([yesterday, [part(null, { sold: 0 }, '2 May')], [part(null, { sold: 0 }, '2 May')]]);
  expect(events).toEqual([
    ['7', { sold: 3 }],
    ['7', { sold: 1 }],
    [undefined, { sold: 0 }],
  ]);
});

it('ends where there is nothing to be seen any more', async () => {
  const { events, hearing } = await sent([], { look: async () => undefined });
  expect([events, hearing]).toEqual([[], 0]);
});
