/** A progress bar on stderr, on a terminal only: scripts and logs get none. */
import { Presets, SingleBar } from 'cli-progress';

export type Progress = {
  advance(): void;
  /** So many are done in all. */
  reach(done: number): void;
  stop(): void;
};

/** Starts a bar over `total` steps; undefined: nobody knows how many there are, and only their number and rate are shown. */
export function startProgress(label: string, total: number | undefined): Progress {
  if (!process.stderr.isTTY) return { advance: () => undefined, reach: () => undefined, stop: () => undefined };
  const place =
    total === undefined
      ? '{value} | {rate}/s'
      : '{bar} {percentage}% | {value}/{total} | {rate}/s | {eta_formatted} left';
  const bar = new SingleBar({ format: `${label} ${place}`, stream: process.stderr }, Presets.shades_classic);
  bar.start(total ?? 0, 0, { rate: 0 });
  const started = performance.now();
  let first: number | undefined;
  let value = 0;
  const reach = (done: number) => {
    // What was done before, by a run that was interrupted, is no speed of this one.
    first ??= value === 0 && done > 1 ? done : 0;
    value = done;
    const seconds = (performance.now() - started) / 1_000;
    bar.update(done, { rate: Math.round((done - first) / Math.max(seconds, 0.001)) });
  };
  return { advance: () => reach(value + 1), reach, stop: () => bar.stop() };
}

/** How long so many took since `started` (of `performance.now()`), and how many a second that is. */
export function speedOf(count: number, started: number): { readonly seconds: number; readonly perSecond: number } {
  const ms = performance.now() - started;
  return { seconds: Math.round(ms / 100) / 10, perSecond: Math.round((count * 1_000) / Math.max(ms, 1)) };
}

/** Runs work that goes through phases, with a bar for each of them in turn. */
export async function withPhases<P extends string, T>(
  labels: Readonly<Record<P, string>>,
  work: (onProgress: (phase: P, done: number, total: number | undefined) => void) => Promise<T>,
): Promise<T> {
  let shown: { readonly phase: P; readonly bar: Progress } | undefined;
  try {
    return await work((phase, done, total) => {
      if (shown?.phase !== phase) {
        shown?.bar.stop();
        shown = { phase, bar: startProgress(labels[phase], total) };
      }
      shown.bar.reach(done);
    });
  } finally {
    shown?.bar.stop();
  }
}
