/** Takes the commands that wait for one stream from state to answer: decide, append, and settle what others changed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../../domain/decider.ts';
import { AppendTooLarge, type EventStore, InvalidAppend } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { appendSurely, jittered } from './append-surely.ts';
import { type Batch, type Decided, decideBatch } from './decide-batch.ts';
import { recordAt } from './event-codec.ts';
import type { Answer, Job } from './job.ts';
import type { StreamReader } from './read-stream.ts';
import { searchOlder } from './search-older.ts';
import type { Snapshots } from './snapshots.ts';
import type { StateCache } from './state-cache.ts';
import type { RuntimeCounts } from './stats.ts';
import { emptyStream, type StreamState } from './stream-state.ts';
import { StaleRevision, TooContended } from './types.ts';

export type BatchEnvironment = {
  readonly store: EventStore;
  readonly cache: StateCache;
  readonly reader: StreamReader;
  readonly snapshots: Snapshots | undefined;
  readonly logger: Logger;
  readonly counts: RuntimeCounts;
  readonly now: () => Instant;
  readonly digest: (text: string) => string;
  readonly limits: {
    /** Command ids remembered for each stream. */
    readonly memory: number;
    readonly batchBytes: number;
    /** How often a batch is decided before it gives up to others that change the stream. */
    readonly attempts: number;
    readonly patienceMs: number;
  };
};

/** `fresh`: read from the log after all jobs of the batch had arrived. */
type Base = { readonly entry: StreamState; readonly fresh: boolean };
type Jobs = readonly [Job, ...Job[]];

/** Answers every job but those it gives back for lack of room. Never throws: what goes wrong is the jobs' answer. */
export async function runBatch(env: BatchEnvironment, jobs: Jobs): Promise<readonly Job[]> {
  const release = env.cache.hold(jobs[0].stream);
  try {
    return await attempt(env, jobs);
  } catch (error) {
    for (const job of jobs) job.reject(error);
    return [];
  } finally {
    release();
  }
}

async function attempt(env: BatchEnvironment, jobs: Jobs): Promise<readonly Job[]> {
  const { stream } = jobs[0];
  let base = await startingPoint(env, jobs);
  for (let tries = 0; tries < env.limits.attempts; tries += 1) {
    await searchOlder(env.reader, base.entry, jobs);
    const batch = decideBatch(base.entry, jobs, { ...env, maxBytes: env.limits.batchBytes });
    const next = batch.drafts.length > 0 ? await append(env, base, batch) : await confirm(env, base, batch);
    if (next === 'alone') return await oneByOne(env, jobs);
    if ('committed' in next) {
      await answerAll(env, batch.decided, { before: base.entry, after: next.committed });
      return batch.left;
    }
    base = next;
    // Two processes that met on a stream would meet again without a pause of chance.
    if (tries > 0) await sleep(jittered(Math.min(100, 2 ** tries)));
  }
  throw new TooContended(stream, `others changed it ${env.limits.attempts} times meanwhile`);
}

async function startingPoint(env: BatchEnvironment, jobs: Jobs): Promise<Base> {
  const { stream, decider } = jobs[0];
  const cached = env.cache.get(stream, decider);
  if (cached) return { entry: cached.entry, fresh: false };
  if (jobs.every(({ options }) => options.isNew)) {
    return { entry: emptyStream(decider, stream, env.limits.memory), fresh: false };
  }
  return read(env, await env.reader.load(decider, stream));
}

function read(env: BatchEnvironment, entry: StreamState): Base {
  env.cache.put(entry);
  return { entry, fresh: true };
}

type Step = Base | { readonly committed: StreamState } | 'alone';

/**
 * Nothing to append: a refusal or a no-op stands only if the log has nothing newer than it was decided on. Without this
 * read a stale cache would refuse what another process has just made possible.
 */
async function confirm(env: BatchEnvironment, base: Base, batch: Batch): Promise<Step> {
  const behind = batch.decided.some(
    ({ verdict }) => verdict.kind === 'repeat' && verdict.effect.last > base.entry.revision,
  );
  const judged = batch.decided.some(({ verdict }) => ['refused', 'no-op', 'stale'].includes(verdict.kind));
  if (!behind && (base.fresh || !judged)) return { committed: base.entry };
  const newer = read(env, await env.reader.refresh(base.entry));
  return newer.entry === base.entry ? { committed: base.entry } : newer;
}

/**
 * One append for the whole batch. Once it is written it also proves what was refused in the same batch: the stream stood
 * exactly where it was judged.
 */
async function append(env: BatchEnvironment, base: Base, batch: Batch): Promise<Step> {
  const { stream, decider } = base.entry;
  const events = recordAt(batch.drafts, env.now());
  try {
    const written = await appendSurely(env.store, {
      stream,
      events,
      revision: base.entry.revision,
      patienceMs: env.limits.patienceMs,
      onResend: (err) => {
        env.counts.resends += 1;
        env.logger.warn({ err, stream }, 'the outcome of an append is unknown: the same append is sent again');
      },
    });
    if (written.kind === 'moved') {
      env.counts.conflicts += 1;
      if (written.uncertain) env.cache.evict(stream);
      const entry = written.uncertain ? await env.reader.load(decider, stream) : await catchUp(env, base.entry);
      return read(env, entry);
    }
    const committed = advance(base.entry, batch, { events, position: written.result.position });
    env.counts.appends += 1;
    env.counts.events += events.length;
    env.cache.put(committed);
    env.snapshots?.offer(committed, base.entry.revision);
    return { committed };
  } catch (error) {
    const several = batch.decided.length > 1;
    if (several && (error instanceof AppendTooLarge || error instanceof InvalidAppend)) return 'alone';
    env.cache.evict(stream);
    throw error;
  }
}

/** After a conflict the log is ahead of the state; where it is not, the log was put back and the state is void. */
async function catchUp(env: BatchEnvironment, entry: StreamState): Promise<StreamState> {
  const newer = await (entry.revision < 0 ? env.reader.load(entry.decider, entry.stream) : env.reader.refresh(entry));
  if (newer.revision > entry.revision) return newer;
  env.cache.evict(entry.stream);
  return env.reader.load(entry.decider, entry.stream);
}

type Appended = { readonly events: ReturnType<typeof recordAt>; readonly position: StreamState['position'] };

function advance(from: StreamState, batch: Batch, { events, position }: Appended): StreamState {
  for (const [index, { metadata }] of events.entries()) {
    from.commands.note(metadata.commandId, from.revision + 1 + index, metadata.recordedAt);
  }
  const eventId = events.at(-1)?.id ?? from.eventId;
  return { ...from, state: batch.state, revision: batch.revision, position, eventId };
}

/** The log refused what the batch holds: each command on its own, so that only the one to blame fails. */
async function oneByOne(env: BatchEnvironment, jobs: Jobs): Promise<readonly Job[]> {
  for (const job of jobs) await runBatch(env, [job]);
  return [];
}

type Around = { readonly before: StreamState; readonly after: StreamState };

/** Side by side: an effect must not wait until a repeat beside it has been read. */
async function answerAll(env: BatchEnvironment, decided: readonly Decided[], around: Around): Promise<void> {
  const answer = async (one: Decided): Promise<void> => {
    try {
      const given = await answerOf(env, one, around);
      if ('rejected' in given) env.counts.refusals += 1;
      else if (given.repeated) env.counts.repeats += 1;
      one.job.resolve(given);
    } catch (error) {
      one.job.reject(error);
    }
  };
  await Promise.all(decided.map(answer));
}

async function answerOf(env: BatchEnvironment, { job, verdict }: Decided, { before, after }: Around): Promise<Answer> {
  switch (verdict.kind) {
    case 'effect': {
      const { state, revision, events } = verdict;
      return { state, revision, position: after.position, events, repeated: false };
    }
    case 'twin': {
      const { state, revision, events } = verdict.of;
      return { state, revision, position: after.position, events, repeated: true };
    }
    case 'no-op': {
      const { position } = verdict.revision > before.revision ? after : before;
      return { state: verdict.state, revision: verdict.revision, position, events: [], repeated: false };
    }
    case 'repeat': {
      const events = await env.reader.eventsOf(job.stream, job.context.commandId, verdict.effect);
      return { state: after.state, revision: after.revision, position: after.position, events, repeated: true };
    }
    case 'refused':
      return verdict.rejection;
    case 'stale':
      throw new StaleRevision(verdict.actual);
    case 'fault':
      throw verdict.error;
  }
}
