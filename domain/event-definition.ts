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
