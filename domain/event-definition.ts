/** How an event type is declared: its schema as it is written today, its version, and how older versions are lifted. */
import type { z } from 'zod';

type Json = Record<string, unknown>;

export type EventDefinition<S extends z.ZodType = z.ZodType> = {
  /** Version written today, from 1. */
  readonly version: number;
  readonly schema: S;
  /** `upcasts[n]` lifts data of version n to version n + 1; one for each version below today's. */
  readonly upcasts?: Readonly<Record<number, (data: Json) => Json>>;
};

export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

/** Union of the events a set of definitions describes. */
export type EventOf<D extends EventDefinitions> = {
  [K in keyof D & string]: { readonly type: K; readonly data: z.output<D[K]['schema']> };
}[keyof D & string];

/** Declares event types and keeps their exact schemas for `EventOf`. */
export function defineEvents<const D extends EventDefinitions>(definitions: D): D {
  for (const [type, { version, upcasts = {} }] of Object.entries(definitions)) {
    for (let from = 1; from < version; from++) {
      if (!upcasts[from]) throw new Error(`${type} is at version ${version} but has no upcast from ${from}`);
    }
  }
  return definitions;
}

/** The data does not fit the schema of its type, or the type or version is unknown. */
export class UndecodableEvent extends Error {
  constructor(type: string, version: number, why: string) {
    super(`cannot decode ${type} version ${version}: ${why}`);
    this.name = 'UndecodableEvent';
  }
}

/** An event as it lies in the log. */
export type StoredEvent = { readonly type: string; readonly version: number; readonly data: unknown };

/** Lifts stored data to today's version and checks it against today's schema. Throws `UndecodableEvent`. */
export function decodeBy(
  definitions: EventDefinitions,
  { type, version, data }: StoredEvent,
): EventOf<EventDefinitions> {
  const definition = Object.hasOwn(definitions, type) ? definitions[type] : undefined;
  if (!definition) throw new UndecodableEvent(type, version, 'unknown type');
  if (!Number.isInteger(version) || version < 1) throw new UndecodableEvent(type, version, 'no such version');
  if (version > definition.version) throw new UndecodableEvent(type, version, 'written by a newer Souk');
  let lifted = data;
  for (let from = version; from < definition.version; from++) {
    lifted = definition.upcasts?.[from]?.(lifted as Json);
  }
  const parsed = definition.schema.safeParse(lifted);
  if (!parsed.success) throw new UndecodableEvent(type, version, parsed.error.message);
  return { type, data: parsed.data };
}
