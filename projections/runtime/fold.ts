/** Folds the changes of one lane into next rows, key by key. Pure, and harmless when run again: a row knows its position. */
import { categoryOf } from '../../domain/ids.ts';
import type { Position } from '../../event-store/port.ts';
import type { Change } from './plan.ts';
import type { Projection, Row, Stamp } from './types.ts';

export type Stamped = Row & Stamp;

/** One event for one key that is not in the row: it failed, or stands behind one that did. Plain: threads may hand it on. */
export type ToPark = {
  readonly key: string;
  readonly position: Position;
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly correlationId: string;
  /** Of the first of its key; those behind it were not tried. */
  readonly error?: Error;
};

/** Rows to put and keys to delete; and what could not be applied, in the order of the log: its keys alone stay behind. */
export type Folded = {
  readonly put: readonly Stamped[];
  readonly gone: readonly string[];
  readonly parked: readonly ToPark[];
};

/** It was parked, and its row has later events of other streams by now: only folding all of them again makes it right. */
export class Overtaken extends Error {
  constructor(key: string) {
    super(`row ${key} has later events already, and must be made anew from the log`);
    this.name = 'Overtaken';
  }
}

const NONE: Pick<ReadonlySet<string>, 'has'> = new Set();

/** `rows` are those of the changes' keys as they stand in the table; `held` are the keys that something is parked for. */
export function foldChanges(
  projection: Projection,
  changes: readonly Change[],
  rows: ReadonlyMap<string, Stamped>,
  held: Pick<ReadonlySet<string>, 'has'> = NONE,
): Folded {
  const next = new Map<string, Stamped | null>();
  const failed = new Set<string>();
  const parked: ToPark[] = [];
  const isHeld = (key: string) => held.has(key) || failed.has(key);
  for (const change of changes) {
    const { event, key, stream } = change;
    const behind = stream !== undefined && isHeld(stream) ? stream : isHeld(key) ? key : undefined;
    if (behind !== undefined) {
      parked.push(toPark(event, behind));
      continue;
    }
    const before = next.has(key) ? (next.get(key) ?? undefined) : rows.get(key);
    try {
      if (change.error) throw change.error;
      if (before && before.position >= event.position) {
        if (change.late) throw new Overtaken(key);
        continue;
      }
      next.set(key, applied(projection, change, before));
    } catch (error) {
      failed.add(key);
      parked.push(toPark(event, key, error instanceof Error ? error : new Error(String(error))));
    }
  }
  const put = [...next.values()].filter((row) => row !== null);
  const gone = [...next].filter(([key, row]) => row === null && rows.has(key)).map(([key]) => key);
  return { put, gone, parked };
}

function toPark({ position, id, type, stream, metadata }: Change['event'], key: string, error?: Error): ToPark {
  const correlationId = metadata.$correlationId;
  return { key, position, id, type, stream, correlationId, ...(error ? { error } : {}) };
}

function applied(projection: Projection, { event, key }: Change, before: Stamped | undefined): Stamped | null {
  const row = projection.project(event, before, key);
  if (row === null) return null;
  const own = categoryOf(event.stream) === projection.category;
  return { ...row, revision: own ? event.revision : (before?.revision ?? -1), position: event.position };
}
