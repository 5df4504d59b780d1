/** A fold over the history: what people write, and `souk replay` runs. */

import type { EventNamed, EventType } from '../../domain/event-registry.ts';
import type { EventMetadata } from '../../event-store/port.ts';

/**
 * An event as a fold sees it: of today's version; personal fields are sealed. Asking for its `type` tells what its
 * `data` are.
 */
export type FoldedEvent<T extends EventType = EventType> = T extends EventType
  ? {
      /** As every verb shows it; compares as text. */
      readonly position: string;
      readonly stream: string;
      /** Place in its stream, from 0. */
      readonly revision: number;
      readonly id: string;
      readonly type: T;
      readonly data: EventNamed<T>['data'];
      readonly metadata: FoldedMetadata;
    }
  : never;

/** Times are RFC 3339 in UTC with milliseconds. */
export type FoldedMetadata = Pick<
  EventMetadata,
  'actor' | 'commandId' | 'occurredAt' | 'recordedAt' | 'schemaVersion' | 'traceparent'
> & { readonly correlationId: string; readonly causationId: string };

/**
 * What a module for `souk replay` exports: as `export default`, or under these three names. `evolve` is called with every
 * event in the order of the log and gives back the next state, which may be the same object, changed. `finish` makes the
 * result of the last state; without it, that is the result. A Map is printed as an object.
 */
export type Fold<State> = {
  readonly initial: State;
  evolve(state: State, event: FoldedEvent): State;
  finish?(state: State): unknown;
};
