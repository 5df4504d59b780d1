/** A log of many streams whose events lie among each other, as those of a shop do; the same for the same seed. */
import { createRandom } from '../../platform/testing/random.ts';
import type { Run } from '../copy/ordered-writer.ts';
import { testEvents } from '../testing-events.ts';

/** Runs of one to three events, `events` in all or one or two more; about one in nine begins a stream. */
export function randomRuns(events: number, seed = 1): readonly Run[] {
  const random = createRandom(seed).next;
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
