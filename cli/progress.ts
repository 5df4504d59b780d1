/** A progress bar on stderr, on a terminal only: scripts and logs get none. */
import { Presets, SingleBar } from 'cli-progress';

export type Progress = { advance(): void; stop(): void };

/** Starts a bar over `total` steps. */
export function startProgress(label: string, total: number): Progress {
  if (!process.stderr.isTTY) return { advance: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    { format: `${label} {bar} {percentage}% | {value}/{total} | {eta_formatted} left`, stream: process.stderr },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { advance: () => bar.increment(), stop: () => bar.stop() };
}
