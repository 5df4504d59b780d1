/** The log as a stream: what stands after a position, then what happens. */
import type { Position, ReadAllFilter } from '../event-store/port.ts';
import type { SseEvent } from '../platform/http/sse.ts';
import type { Bells } from './bells.ts';
import type { ReadApiDeps } from './read-api-deps.ts';
import { shownEvent } from './shown-event.ts';

const PAGE = 200;
// The net under the bell, for what a tail that was cut off did not hear.
const LOOK_EVERY_MS = 5_000;

/** The one thing that is watched: the whole log. */
export const LOG = 'log';

type Deps = Pick<ReadApiDeps, 'log' | 'positions'> & { readonly bells: Bells };
type Wanted = { readonly after: Position | null; readonly filter: ReadAllFilter; readonly signal: AbortSignal };

/** The bell only wakes: what is sent is read from the log, in its order, without a gap. */
export async function* logFeed({ log, positions, bells }: Deps, wanted: Wanted): AsyncGenerator<SseEvent> {
  const { filter, signal } = wanted;
  const bell = bells.watch(LOG);
  let after = wanted.after;
  try {
    while (!signal.aborted) {
      const page = await log.readAll({ after, filter, limit: PAGE });
      for (const event of page.events) {
        yield { event: 'event', id: positions.format(event.position), data: shownEvent(event, positions.format) };
      }
      after = page.next ?? after;
      if (page.end) await bell.next(LOOK_EVERY_MS, signal);
    }
  } finally {
    bell.stop();
  }
}
