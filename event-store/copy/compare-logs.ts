/** Holds two logs against each other, event by event, in the order of the whole log. */
import { createHash } from 'node:crypto';
import { type EventStore, latest, type Position, type StoredEvent } from '../port.ts';
import { scanLog } from '../scan.ts';

/** An event of the target. */
export type Place = { readonly position: Position; readonly eventId: string };

export type Comparison = {
  /** Events that stand at the same place in both, counted from the start. */
  readonly events: number;
  /** Streams they belong to. */
  readonly streams: number;
  /** SHA-256 over stream, revision, id, type, data and metadata of each of them, in order, as the target has them. */
  readonly hash: string;
  /** What is not alike, at most ten; empty where one log is the beginning of the other. */
  readonly differences: readonly string[];
  /** The first event that only one of them has. */
  readonly onlySource: StoredEvent | undefined;
  readonly onlyTarget: StoredEvent | undefined;
  /** Where the last event they share stands in the source. */
  readonly reached: Position | null;
  /** For each position asked for: the target's event that stands where the source's last event up to it does. */
  readonly places: ReadonlyMap<Position, Place | null>;
};

export type CompareOptions = {
  readonly source: EventStore;
  readonly target: EventStore;
  /** Positions of the source whose places in the target are wanted. */
  readonly marks?: readonly Position[];
  readonly signal: AbortSignal;
  /** Told how many events were compared, now and then. */
  readonly onProgress: (done: number) => void;
};

/** Events in memory at once, twice over. */
export const PAGE = 1_000;
const DIFFERENCES_TOLD = 10;

/** Ends at the end of either log, or where they part. Undefined where the signal aborted it. */
export async function compareLogs(options: CompareOptions): Promise<Comparison | undefined> {
  const { source, target, marks = [], signal, onProgress } = options;
  const ours = eventsOf(source);
  const theirs = eventsOf(target);
  const hashes = { source: createHash('sha256'), target: createHash('sha256') };
  const differences: string[] = [];
  const places = new Map<Position, Place | null>(marks.map((mark) => [mark, null]));
  let [events, streams] = [0, 0];
  let reached: Position | null = null;
  try {
    for (;;) {
      const [left, right] = await Promise.all([ours.next(), theirs.next()]);
      const [a, b] = [left.value ?? undefined, right.value ?? undefined];
      const parted = a && b && differenceInPlace(a, b);
      if (parted) note(differences, parted);
      if (!a || !b || parted) {
        const hash = hashes.target.digest('hex');
        if (hash !== hashes.source.digest('hex')) note(differences, 'the hashes over all events differ');
        const only = { onlySource: b ? undefined : a, onlyTarget: a ? undefined : b };
        return { events, streams, hash, differences, ...only, reached, places };
      }
      const [lineA, lineB] = [lineOf(a), lineOf(b)];
      hashes.source.update(lineA);
      hashes.target.update(lineB);
      if (lineA !== lineB) note(differences, differenceInContent(a, b));
      events += 1;
      if (a.revision === 0) streams += 1;
      reached = latest(reached, a.position);
      for (const mark of marks) {
        if (a.position <= mark) places.set(mark, { position: b.position, eventId: b.id });
      }
      if (events % PAGE === 0) {
        if (signal.aborted) return undefined;
        onProgress(events);
      }
    }
  } finally {
    await Promise.all([ours.return(undefined), theirs.return(undefined)]);
  }
}

async function* eventsOf(store: EventStore): AsyncGenerator<StoredEvent, undefined> {
  for await (const page of scanLog(store, { after: null, pageSize: PAGE })) yield* page;
  return undefined;
}

/** What is hashed: all that a copy keeps, and nothing that it does not (position, created). */
function lineOf({ stream, revision, id, type, data, metadata }: StoredEvent): string {
  return `${JSON.stringify([stream, revision, id, type])}\n${JSON.stringify(data)}\n${JSON.stringify(metadata)}\n`;
}

function differenceInPlace(a: StoredEvent, b: StoredEvent): string | undefined {
  if (a.stream === b.stream && a.revision === b.revision && a.id === b.id) return undefined;
  return `where the source has ${nameOf(a)} the target has ${nameOf(b)}`;
}

function differenceInContent(a: StoredEvent, b: StoredEvent): string {
  const parts = (['type', 'data', 'metadata'] as const).filter(
    (part) => JSON.stringify(a[part]) !== JSON.stringify(b[part]),
  );
  return `${nameOf(a)} has another ${parts.join(' and another ')} in the target`;
}

/** As `order-…@3 (id)`. */
export function nameOf({ stream, revision, id }: Pick<StoredEvent, 'stream' | 'revision' | 'id'>): string {
  return `${stream}@${revision} (${id})`;
}

function note(differences: string[], difference: string): void {
  if (differences.length < DIFFERENCES_TOLD) differences.push(difference);
}
