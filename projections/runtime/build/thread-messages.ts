/** What a thread that fills lanes is told and tells: plain data, as threads share nothing else. */
import type { Position } from '../../../event-store/port.ts';
import { errorCode } from '../../../platform/process/error-code.ts';
import { LaneLost } from '../checkpoints.ts';
import type { ToPark } from '../fold.ts';
import type { Lane } from '../lanes.ts';
import type { Projection } from '../types.ts';

/** A lane without its projection's code, which the thread has itself. */
export type PlainLane = Omit<Lane, 'projection'> & { readonly upTo: Position };

export type ToThread =
  | { readonly do: 'fill'; readonly lanes: readonly PlainLane[]; readonly owner: string }
  /** Write what was folded, and tell where the lanes stand. */
  | { readonly do: 'stop' }
  | { readonly do: 'close' };

export type FromThread =
  | { readonly told: 'progress'; readonly at: Position; readonly events: number }
  | { readonly told: 'parked'; readonly lane: number; readonly parked: ToPark }
  /** Where each lane stands, in their order; with what went wrong, if anything did. */
  | { readonly told: 'ended'; readonly stored: readonly (Position | null)[]; readonly error?: PlainError };

type PlainError = {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | undefined;
};

export function plainLane(lane: Lane, upTo: Position): PlainLane {
  const { projection: _, ...plain } = lane;
  return { ...plain, upTo };
}

/** Throws where this version has no such projection: the thread runs other code than who started it. */
export function laneFrom({ upTo: _, ...plain }: PlainLane, projections: readonly Projection[]): Lane {
  const { name, version } = plain.generation;
  const projection = projections.find((one) => one.name === name && one.version === version);
  if (!projection)
    throw new Error(`there is no projection ${name} of version ${version} in the thread that should fill it`);
  return { ...plain, projection };
}

/** Errors lose all but their text on the way. */
export function plainError(error: unknown): PlainError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, code: errorCode(error) };
}

/** Recognised as what it was: a lost lane, an engine that is away. */
export function errorFrom({ name, message, stack, code }: PlainError): Error {
  const error = name === 'LaneLost' ? new LaneLost('') : new Error(message);
  return Object.assign(error, { name, message, ...(stack ? { stack } : {}), ...(code ? { code } : {}) });
}
