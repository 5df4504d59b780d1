/** The ids of a stream's latest commands: how a repeat is known before it is decided. */
import type { Instant } from '../../domain/decider.ts';

/** Where a command's events lie in the stream. */
export type Effect = { readonly first: number; readonly last: number; readonly recordedAt: Instant };

/** As it is kept in a snapshot. */
export type StoredMemory = {
  readonly completeFrom: number;
  readonly completeAfter: Instant;
  readonly commands: readonly (readonly [id: string, first: number, last: number, recordedAt: Instant])[];
};

/** All commands of the revisions from `from` up to but without `below`, the oldest first. */
export type OlderCommands = {
  readonly effects: ReadonlyMap<string, Effect>;
  readonly from: number;
  readonly below: number;
  /** No command that was issued (less what clocks may differ) after this lies before `from`. */
  readonly completeAfter: Instant;
};

/**
 * Holds facts of the log only, and only ever learns more: states of one stream that follow from one another share it.
 * It may therefore know events newer than the state it stands beside.
 */
export type CommandMemory = {
  find(commandId: string): Effect | undefined;
  /** Events are noted in the order of the stream; one that is known already changes nothing. */
  note(commandId: string, revision: number, recordedAt: Instant): void;
  /** Takes in what was read back; only where it ends where this memory begins, and only as much as there is room for. */
  learn(older: OlderCommands): void;
  /** The commands of all events from this revision on are remembered. */
  completeFrom(): number;
  /** All commands recorded after this are remembered; empty where nothing was forgotten. */
  completeAfter(): Instant;
  size(): number;
  store(): StoredMemory;
};

/**
 * A fresh command looks back five minutes from when it was issued (`search-older.ts`). A minute more covers its way here:
 * while these are remembered nothing has to be read back for it.
 */
const RECENT_MS = 6 * 60_000;
/** How many times the limit a hot stream may hold for that; all streams together are bounded by the cache. */
const HOT = 200;

/** An empty memory, or one from a snapshot: the latest `limit` commands, and on a hot stream those of the last minutes. */
export function createCommandMemory(limit: number, stored?: StoredMemory): CommandMemory {
  const effects = new Map<string, Effect>(
    stored?.commands.map(([id, first, last, recordedAt]) => [id, { first, last, recordedAt }]),
  );
  let completeFrom = stored?.completeFrom ?? 0;
  let completeAfter = stored?.completeAfter ?? '';

  const forget = (id: string, { last, recordedAt }: Effect) => {
    effects.delete(id);
    completeFrom = Math.max(completeFrom, last + 1);
    if (recordedAt > completeAfter) completeAfter = recordedAt;
  };
  const forgetOldest = (now: Instant) => {
    if (effects.size <= limit) return;
    const recent = new Date(Date.parse(now) - RECENT_MS).toISOString();
    for (const [id, effect] of effects) {
      if (effects.size <= limit || (effects.size <= limit * HOT && effect.recordedAt >= recent)) return;
      forget(id, effect);
    }
  };

  return {
    find: (commandId) => effects.get(commandId),
    note(commandId, revision, recordedAt) {
      if (revision < completeFrom) return;
      const known = effects.get(commandId);
      if (known && revision <= known.last) return;
      effects.set(commandId, { first: known?.first ?? revision, last: revision, recordedAt });
      forgetOldest(recordedAt);
    },
    learn({ effects: older, from, below, completeAfter: after }) {
      if (below !== completeFrom || older.size + effects.size > limit * HOT) return;
      const newer = [...effects];
      effects.clear();
      for (const [id, effect] of [...older, ...newer]) effects.set(id, effect);
      completeFrom = from;
      completeAfter = after;
    },
    completeFrom: () => completeFrom,
    completeAfter: () => completeAfter,
    size: () => effects.size,
    store() {
      const all = [...effects];
      // A snapshot is written every few hundred events: it holds the latest alone, however hot the stream.
      const left = all.slice(0, Math.max(0, all.length - limit));
      const last = left.at(-1)?.[1].last;
      return {
        completeFrom: last === undefined ? completeFrom : Math.max(completeFrom, last + 1),
        completeAfter: left.reduce(
          (after, [, { recordedAt }]) => (recordedAt > after ? recordedAt : after),
          completeAfter,
        ),
        commands: all
          .slice(left.length)
          .map(([id, { first, last, recordedAt }]) => [id, first, last, recordedAt] as const),
      };
    },
  };
}
