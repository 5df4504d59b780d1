/** Copies a log into another one, of any engine, so that they are equal; goes on where an earlier copy stopped. */
import type { EventStore, Position } from '../port.ts';
import { scanLog } from '../scan.ts';
import { type Comparison, compareLogs, nameOf, PAGE, type Place } from './compare-logs.ts';
import { CopyRefused } from './copy-refused.ts';
import type { OrderedWriter } from './ordered-writer.ts';
import { portionsOf } from './runs.ts';
import { writeSurely } from './write-surely.ts';

export type CopyPhase = 'checking' | 'copying' | 'verifying';

export type CopyOptions = {
  readonly source: EventStore;
  readonly target: EventStore;
  /** Of the target. */
  readonly writer: OrderedWriter;
  /** Positions of the source whose places in the target are wanted. */
  readonly marks: readonly Position[];
  readonly signal: AbortSignal;
  /** `total`: undefined where the source cannot count its events. */
  readonly onProgress: (phase: CopyPhase, done: number, total: number | undefined) => void;
};

export type CopyReport = {
  readonly events: number;
  readonly streams: number;
  /** Events this run copied; the others were there. */
  readonly copied: number;
  /** How long it took to copy them, in seconds. */
  readonly copySeconds: number;
  /** See `Comparison`. */
  readonly hash: string;
  readonly equal: boolean;
  /** Whether the source is sealed now; otherwise it was seen not to move. */
  readonly sealed: boolean;
  readonly differences: readonly string[];
  readonly places: ReadonlyMap<Position, Place | null>;
};

/**
 * Checks that the target is empty or a beginning of the source, seals the source, copies what is missing in the order of
 * the source, and reads both again to compare them. The target itself is all that an interrupted copy needs to go on.
 * Throws `CopyRefused`; undefined where the signal aborted it.
 */
export async function copyLog(options: CopyOptions): Promise<CopyReport | undefined> {
  const { source } = options;
  await refuseSameLog(options);
  const before = await compare(options, 'checking');
  if (!before) return undefined;
  refuseForeign(before);
  const sealed = (await source.seal()) === 'sealed';
  const head = await source.head();
  const started = performance.now();
  const copied = await copyFrom(before, head, options);
  if (copied === undefined) return undefined;
  const copySeconds = (performance.now() - started) / 1_000;
  await refuseMoved(source, head);
  const after = await compare(options, 'verifying');
  return after && { ...verdictOf(after), copied, copySeconds, sealed };
}

async function refuseSameLog({ source, target }: CopyOptions): Promise<void> {
  const [from, to] = await Promise.all([source.identity(), target.identity()]);
  if (from.logId === to.logId) throw new CopyRefused('--from and --to are the same log: there is nothing to copy.');
}

function refuseForeign({ differences, onlyTarget }: Comparison): void {
  if (differences.length === 0 && !onlyTarget) return;
  const found = onlyTarget ? [`the target has ${nameOf(onlyTarget)}, and the source ends before`] : differences;
  throw new CopyRefused(
    `The target holds other events than the source, and nothing was written to it: ${found.join('; ')}. ` +
      'Copy to an empty log, or to one that an earlier copy of this source was written to.',
  );
}

/** Somebody wrote: what was copied so far stands, and the same command goes on with the rest. */
async function refuseMoved(source: EventStore, head: Position | null): Promise<void> {
  if ((await source.head()) === head) return;
  throw new CopyRefused(
    'The source grew while it was copied. This log cannot be sealed, or was unsealed: stop everything that writes to ' +
      'it, then give the same command again; it goes on where it is.',
  );
}

async function compare(options: CopyOptions, phase: CopyPhase): Promise<Comparison | undefined> {
  const { source, target, onProgress } = options;
  // Before anything was copied, only what the target has is compared.
  const counted = phase === 'checking' ? target : source;
  const total = counted.distance(null, await counted.head());
  return compareLogs({ ...options, onProgress: (done) => onProgress(phase, done, total) });
}

async function copyFrom(
  { events, reached }: Comparison,
  head: Position | null,
  { source, writer, signal, onProgress }: CopyOptions,
): Promise<number | undefined> {
  const total = source.distance(null, head);
  let copied = 0;
  if (head === null || reached === head) return copied;
  for await (const page of scanLog(source, { after: reached, upTo: head, pageSize: PAGE })) {
    for (const portion of portionsOf(page)) {
      if (signal.aborted) return undefined;
      await writeSurely(writer, portion, signal);
      copied += portion.reduce((sum, run) => sum + run.events.length, 0);
      onProgress('copying', events + copied, total);
    }
  }
  return copied;
}

function verdictOf({ events, streams, hash, differences, onlySource, onlyTarget, places }: Comparison) {
  const all = [
    ...differences,
    ...(onlySource ? [`the target lacks ${nameOf(onlySource)}`] : []),
    ...(onlyTarget ? [`only the target has ${nameOf(onlyTarget)}`] : []),
  ];
  return { events, streams, hash, differences: all, places, equal: all.length === 0 };
}
