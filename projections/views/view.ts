/** A view: the row that a projection makes of one stream, kept in Redis with the stream's revision. */
import { streamName } from '../../domain/ids.ts';
import type { EventStore, Position, StoredEvent } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import { openEvents } from '../runtime/decode.ts';
import { foldChanges, type Stamped } from '../runtime/fold.ts';
import type { Change } from '../runtime/plan.ts';
import type { ProjectedEvent, Projection, Stamp } from '../runtime/types.ts';

/**
 * Which views there are of a kind. Nothing personal may be in their rows: an erased person's key is gone from the key store
 * at once, and from here only when the view's time is over.
 */
export type ViewDefinition = {
  /** Its rows must follow from the events of the row's own stream alone. */
  readonly projection: Projection;
  /** How long a view is kept after it last changed, in milliseconds; later it is a miss, and made again. */
  keepMs(row: Stamped | null): number;
};

export type View = {
  /** Revision and position of the stream's last event, whether it changed the row or not; -1 and null before the first. */
  readonly revision: number;
  readonly position: Position | null;
  readonly row: Stamped | null;
};

/** How a kind of views is asked for: the row as of now, or as of `waitFor` at least; undefined where there is none. */
export type ReadView<R> = (id: string, waitFor?: Position) => Promise<(R & Stamp) | undefined>;

/** What views are made from. */
export type ViewSource = {
  readonly log: Pick<EventStore, 'read'>;
  readonly keys: Pick<KeyStore, 'openAll'>;
};

const PAGE = 500;

/** The view of a stream as the log has it now, read on from `base`. Throws where an event cannot be read or applied. */
export async function viewFromLog(
  { log, keys }: ViewSource,
  { projection }: ViewDefinition,
  { id, base = { revision: -1, position: null, row: null } }: { readonly id: string; readonly base?: View },
): Promise<View> {
  let view = base;
  for (;;) {
    const events = await log.read(streamName(projection.category, id), { from: view.revision + 1, limit: PAGE });
    view = await viewAfter(view, events, { projection, keys, id });
    if (events.length < PAGE) return view;
  }
}

/** The next events of the stream on a view, all of which must come after it. Throws as `viewFromLog`. */
export async function viewAfter(
  view: View,
  events: readonly StoredEvent[],
  { projection, keys, id }: { readonly projection: Projection; readonly id: string } & Pick<ViewSource, 'keys'>,
): Promise<View> {
  const last = events.at(-1);
  if (!last) return view;
  const wanted = new Set<string>(projection.wants);
  const opened = await openEvents(
    events.filter((event) => wanted.has(event.type)),
    keys,
  );
  const changes = opened.map(({ event, error }): Change => {
    return { event: event as ProjectedEvent, key: id, ...(error ? { error } : {}) };
  });
  const folded = foldChanges(projection, changes, new Map(view.row ? [[id, view.row]] : []));
  const [failed] = folded.parked;
  if (failed) throw failed.error;
  const row = folded.put[0] ?? (folded.gone.length > 0 ? null : view.row);
  return { revision: last.revision, position: last.position, row };
}
