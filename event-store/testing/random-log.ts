/** A log of many streams whose events lie among each other, as those of a shop do; the same for the same seed. */
import type { Run } from '../copy/ordered-writer.ts';
import { testEvents } from '../testing-events.ts';

/** Runs of one to three events, `events` in all or one or two more; about one in nine begins a stream. */
export function randomRuns(events: number, seed = 1): readonly Run[] {
  const random = generator(seed);
  const streams: { readonly name: string; revision: number }[] = [];
  const runs: Run[] = [];
  for (let count = 0; count < events; ) {
    const begun = streams.length === 0 || random() < 0.11;
    // The newest are at work, as orders are, and one of the others now and then.
    const place =
      random() < 0.8 ? streams.length - 1 - Math.floor(random() * 12) : Math.floor(random() * streams.length);
    const found = begun ? undefined : streams[Math.max(place, 0)];
    const stream = found ?? { name: `order-${seed}-${streams.length}`, revision: -1 };
    if (!found) streams.push(stream);
    const some = testEvents(1 + Math.floor(random() * 3));
    runs.push({ stream: stream.name, expected: stream.revision, events: some });
    stream.revision += some.length;
    count += some.length;
  }
  return runs;
}

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
