/** Decides commands of one stream one after the other on the growing state. Pure: nothing is read or written here. */
import type { EventLike, Happened, Instant } from '../../domain/decider.ts';
import { isRejection, type Rejection } from '../../domain/rejection.ts';
import type { Effect } from './command-memory.ts';
import { type Draft, draftEvents } from './event-codec.ts';
import type { Job } from './job.ts';
import type { StreamState } from './stream-state.ts';

/** What became of one command. Only `effect` and `fault` hold whatever others did to the stream meanwhile. */
export type Verdict =
  | {
      readonly kind: 'effect';
      readonly state: unknown;
      readonly revision: number;
      readonly events: readonly EventLike[];
    }
  | { readonly kind: 'no-op'; readonly state: unknown; readonly revision: number }
  | { readonly kind: 'refused'; readonly rejection: Rejection }
  | { readonly kind: 'stale'; readonly actual: number }
  /** It took effect before. */
  | { readonly kind: 'repeat'; readonly effect: Effect }
  /** The same command stands earlier in this batch. */
  | { readonly kind: 'twin'; readonly of: Verdict & { readonly kind: 'effect' } }
  | { readonly kind: 'fault'; readonly error: unknown };

export type Decided = { readonly job: Job; readonly verdict: Verdict };

export type Batch = {
  readonly decided: readonly Decided[];
  /** Jobs that found no room; they go first in the next batch. */
  readonly left: readonly Job[];
  readonly drafts: readonly Draft[];
  /** The last effect's state and revision, or those the batch began with. */
  readonly state: unknown;
  readonly revision: number;
};

export type DecideOptions = {
  readonly now: () => Instant;
  readonly digest: (text: string) => string;
  /** Of all events of one append. */
  readonly maxBytes: number;
};

/** Runs the decider for each job on the state its predecessors left. */
export function decideBatch(entry: StreamState, jobs: readonly Job[], options: DecideOptions): Batch {
  const decided: Decided[] = [];
  const drafts: Draft[] = [];
  const effects = new Map<string, Verdict & { readonly kind: 'effect' }>();
  let { state, revision } = entry;
  let bytes = 0;

  for (const [at, job] of jobs.entries()) {
    const { commandId } = job.context;
    const twin = effects.get(commandId);
    const outcome = twin ? { kind: 'twin' as const, of: twin } : decideOne({ ...entry, state, revision }, job, options);
    if (outcome.kind !== 'drafted') {
      decided.push({ job, verdict: outcome });
      continue;
    }
    const size = outcome.drafts.reduce((total, draft) => total + draft.bytes, 0);
    if (drafts.length > 0 && bytes + size > options.maxBytes) {
      return { decided, left: jobs.slice(at), drafts, state, revision };
    }
    bytes += size;
    drafts.push(...outcome.drafts);
    state = outcome.state;
    revision += outcome.drafts.length;
    const events = outcome.drafts.map(({ event: { type, data } }) => ({ type, data }));
    const verdict = { kind: 'effect' as const, state, revision, events };
    effects.set(commandId, verdict);
    decided.push({ job, verdict });
  }
  return { decided, left: [], drafts, state, revision };
}

type Outcome = Verdict | { readonly kind: 'drafted'; readonly drafts: readonly Draft[]; readonly state: unknown };

function decideOne(entry: StreamState, job: Job, { now, digest }: DecideOptions): Outcome {
  const { stream, decider, command, context } = job;
  const { expectedRevision } = job.options;
  // By its id first: a repeat must get its first answer even where the rules, or If-Match, would refuse it now.
  const effect = entry.commands.find(context.commandId) ?? job.found;
  if (effect) return { kind: 'repeat', effect };
  if (expectedRevision !== undefined && expectedRevision !== entry.revision) {
    return { kind: 'stale', actual: entry.revision };
  }
  try {
    const at = now();
    const decision = decider.decide(command, entry.state, at);
    if (isRejection(decision)) return { kind: 'refused', rejection: decision };
    if (decision.length === 0) return { kind: 'no-op', state: entry.state, revision: entry.revision };
    const drafts = draftEvents(decision, { stream, context, now: at, digest });
    const state = drafts.reduce(
      (folded, { happened }) => decider.evolve(folded, happened as Happened<EventLike>),
      entry.state,
    );
    return { kind: 'drafted', drafts, state };
  } catch (error) {
    return { kind: 'fault', error };
  }
}
