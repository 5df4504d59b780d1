/** Figures of the shop at /metrics: what the runtime does, how far the projections are, what the processes owe. */
import { type HttpMetrics, registerGauge } from '../platform/telemetry/http-metrics.ts';
import type { ProjectionRuntime } from '../projections/runtime/runtime.ts';
import type { RunningShop } from './shop.ts';
import type { Workers } from './workers.ts';

type Sources = {
  readonly running: RunningShop;
  readonly projections: ProjectionRuntime;
  readonly workers: Workers | undefined;
};

/** Registers them; each is read when somebody scrapes. */
export function registerMetrics(metrics: HttpMetrics, { running, projections, workers }: Sources): void {
  const gauge = (
    name: string,
    help: string,
    label: string | undefined,
    read: () => Promise<ReadonlyMap<string, number>> | ReadonlyMap<string, number>,
  ) => registerGauge(metrics, { name: `souk_${name}`, help, ...(label === undefined ? {} : { label }) }, read);

  gauge('commands', 'What the command runtime has done since the start, by what.', 'what', () => {
    return new Map(Object.entries(running.runtime.stats()));
  });
  gauge('tail_lag_seconds', 'Since this process last knew to have seen the whole log.', undefined, () => {
    return new Map([['', running.tail.lagSeconds()]]);
  });
  gauge('projection_lag_seconds', 'Age of the oldest event a projection has not applied.', 'projection', async () => {
    return worst((await projections.status()).map(({ name, lagSeconds }) => [name, lagSeconds]));
  });
  gauge(
    'projection_last_progress_timestamp_seconds',
    'When a projection last moved: a dead one does not read as lag zero.',
    'projection',
    async () => {
      const moved = (await projections.status()).map(
        ({ name, lastProgressAt }) => [name, Date.parse(lastProgressAt ?? '') / 1_000 || 0] as const,
      );
      return worst(moved);
    },
  );
  if (!workers) return;
  gauge(
    'chain_failing',
    '1 while the event chain is not followed: the log was changed, or an engine is away.',
    undefined,
    () => {
      return new Map([['', workers.chain.state().status === 'running' ? 0 : 1]]);
    },
  );
  gauge('process_overdue_seconds', 'How long the oldest due run of a process has waited.', 'process', async () => {
    return worst((await workers.processes()).map(({ process, oldestOverdueS }) => [process, oldestOverdueS]));
  });
  gauge('process_failing', 'Keys of a process whose last run failed.', 'process', async () => {
    return worst((await workers.processes()).map(({ process, failing }) => [process, failing]));
  });
}

/** The highest value of each name. */
function worst(values: readonly (readonly [string, number])[]): Map<string, number> {
  const highest = new Map<string, number>();
  for (const [name, value] of values) highest.set(name, Math.max(highest.get(name) ?? 0, value));
  return highest;
}
