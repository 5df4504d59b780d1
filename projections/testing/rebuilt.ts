/** Rows as the log makes them in one go, in memory: what a read model must come to, whatever happened on the way. */
import { openEvents } from '../runtime/decode.ts';
import { foldChanges, type Stamped } from '../runtime/fold.ts';
import type { Change } from '../runtime/plan.ts';
import type { ProjectedEvent, Projection } from '../runtime/types.ts';
import type { TestLog } from './test-log.ts';

/** In the order of their keys. `without`: events that are left out. */
export async function rebuilt(
  log: Pick<TestLog, 'store' | 'keys'>,
  projection: Projection,
  without: (event: ProjectedEvent) => boolean = () => false,
): Promise<readonly Stamped[]> {
  const { events } = await log.store.readAll({ after: null, limit: 10_000, filter: { types: projection.wants } });
  const opened = await openEvents(events, log.keys);
  const changes = opened.flatMap((one): Change[] => {
    const event = one.event as ProjectedEvent;
    return without(event) ? [] : projection.keys(event).map((key) => ({ event, key }));
  });
  const { put, parked } = foldChanges(projection, changes, new Map());
  if (parked.length > 0) throw new Error(`${parked.length} events cannot be applied`);
  return [...put].sort((a, b) => (String(a[projection.keyColumn]) < String(b[projection.keyColumn]) ? -1 : 1));
}
