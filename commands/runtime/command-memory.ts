/** The ids of a stream's latest commands: how a repeat is known before it is decided (CORE rule 14). */
import type { Instant } from '../../domain/decider.ts';

/** Where a command's events lie in the stream. */
export type Effect = { readonly first: number; readonly last: number; readonly recordedAt: Instant };

/** As it is kept in a snapshot. */
export type StoredMemory = {
  readonly completeFrom: number;
  readonly completeAfter: Instant;
  readonly commands: readonly (readonly [id: string, first: number, last: number, recordedAt: Instant])[];
};

/**
 * Holds facts of the log only, and only ever learns more: states of one stream that follow from one another share it.
 * It may therefore know events newer than the state it stands beside.
 */
export type CommandMemory = {
  find(commandId: string): Effect | undefined;
  /** Events are noted in the order of the stream; one that is known already changes nothing. */
  note(commandId: string, revision: number, recordedAt: Instant): void;
  /** The commands of all events from this revision on are remembered. */
  completeFrom(): number;
  /** All commands recorded after this are remembered; empty where nothing was forgotten. */
  completeAfter(): Instant;
  size(): number;
  store(): StoredMemory;
};

/** An empty memory, or one from a snapshot, of at most `limit` commands. */
export function createCommandMemory(limit: number, stored?: StoredMemory): CommandMemory {
  const effects = new Map<string, Effect>(
    stored?.commands.map(([id, first, last, recordedAt]) => [id, { first, last, recordedAt }]),
  );
  let completeFrom = stored?.completeFrom ?? 0;
  let completeAfter = stored?.completeAfter ?? '';

  const forgetOldest = () => {
    for (const [id, { last, recordedAt }] of effects) {
      if (effects.size <= limit) return;
      effects.delete(id);
      completeFrom = Math.max(completeFrom, last + 1);
      if (recordedAt > completeAfter) completeAfter = recordedAt;
    }
  };

  return {
    find: (commandId) => effects.get(commandId),
    note(commandId, revision, recordedAt) {
      if (revision < completeFrom) return;
      const known = effects.get(commandId);
      if (known && revision <= known.last) return;
      effects.set(commandId, { first: known?.first ?? revision, last: revision, recordedAt });
      forgetOldest();
    },
    completeFrom: () => completeFrom,
    completeAfter: () => completeAfter,
    size: () => effects.size,
    store: () => ({
      completeFrom,
      completeAfter,
      commands: [...effects].map(([id, { first, last, recordedAt }]) => [id, first, last, recordedAt] as const),
    }),
  };
}
