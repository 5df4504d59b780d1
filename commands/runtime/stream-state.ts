/** A stream folded up to one revision: what commands are decided on. */
import type { Decider, EventLike } from '../../domain/decider.ts';
import { decodeStored } from '../../domain/decode-stored.ts';
import type { Position, StoredEvent } from '../../event-store/port.ts';
import { type CommandMemory, createCommandMemory } from './command-memory.ts';

/** A decider whose types the runtime does not know. */
export type AnyDecider = Decider<unknown, unknown, EventLike>;

export type StreamState = {
  readonly stream: string;
  readonly decider: AnyDecider;
  readonly state: unknown;
  /** Of the last event folded; -1 where there is none. */
  readonly revision: number;
  readonly position: Position | null;
  /** Id of the last event folded: a snapshot is believed only where the log has this event at this revision. */
  readonly eventId: string | null;
  readonly commands: CommandMemory;
};

/** The state of a stream without events. */
export function emptyStream(decider: AnyDecider, stream: string, memory: number): StreamState {
  return {
    stream,
    decider,
    state: decider.initialState,
    revision: -1,
    position: null,
    eventId: null,
    commands: createCommandMemory(memory),
  };
}

/** Folds the events that follow; those it has are skipped. Throws on a gap, which would be a bug of the reader. */
export function applyStored(from: StreamState, events: readonly StoredEvent[]): StreamState {
  const { decider, commands, stream } = from;
  let { state, revision, position, eventId } = from;
  for (const event of events) {
    if (event.revision <= revision) continue;
    if (event.revision !== revision + 1)
      throw new Error(`${stream} jumps from revision ${revision} to ${event.revision}`);
    state = decider.evolve(state, decodeStored(event));
    commands.note(event.metadata.commandId, event.revision, event.metadata.recordedAt);
    revision = event.revision;
    position = event.position;
    eventId = event.id;
  }
  return revision === from.revision ? from : { ...from, state, revision, position, eventId };
}
