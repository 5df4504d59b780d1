/** Folds told events through one projection by hand, without a log. */
import type { EventMetadata, Position } from '../../event-store/port.ts';
import { foldChanges, type Stamped } from '../runtime/fold.ts';
import type { Change } from '../runtime/plan.ts';
import type { ProjectedEvent, Projection } from '../runtime/types.ts';
import type { Told } from './story.ts';

/** What happened, as projections see it: one second and one position after the other. */
export function projected(events: readonly Told[]): ProjectedEvent[] {
  const revisions = new Map<string, number>();
  return events.map((event, at) => {
    const revision = (revisions.get(event.stream) ?? -1) + 1;
    revisions.set(event.stream, revision);
    const position = String(at + 1).padStart(20, '0') as Position;
    const occurredAt = event.at ?? new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString();
    const metadata = { occurredAt, recordedAt: occurredAt } as EventMetadata;
    return { ...event, id: `event-${at}`, revision, position, metadata } as unknown as ProjectedEvent;
  });
}

/** Rows by key after the events a projection wants; throws what `project` throws. */
export function rowsOf<R>(projection: Projection, events: readonly Told[]): Map<string, R & Stamped> {
  const wanted = projected(events).filter((event) => projection.wants.includes(event.type));
  const changes: Change[] = wanted.flatMap((event) => projection.keys(event).map((key) => ({ event, key })));
  const folded = foldChanges(projection, changes, new Map());
  const [failed] = folded.parked;
  if (failed) throw failed.error;
  return new Map(folded.put.map((row) => [String(row[projection.keyColumn]), row as R & Stamped]));
}
