/** Figures of the shop at /metrics: what the runtime does, how far the projections are, what the processes owe. */
import type { ProcessStatus } from '../commands/processes/due-table.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import { remembered } from '../platform/auth/remembered.ts';
import { type Figure, type HttpMetrics, registerGauge } from '../platform/telemetry/http-metrics.ts';
import type { ProjectionRuntime } from '../projections/runtime/runtime.ts';
import type { ProjectionStatus } from '../projections/runtime/status.ts';
import type { RunningShop } from './shop.ts';
import type { Workers } from './workers.ts';

type Sources = {
  readonly running: RunningShop;
  readonly projections: ProjectionRuntime;
  readonly workers: Workers | undefined;
  readonly log: Pick<EventStore, 'distance' | 'head'>;
};

type Read = () => Promise<readonly Figure[]> | readonly Figure[];
type AddGauge = (name: string, help: string, labels: readonly string[], read: Read) => void;

/** All gauges of a scrape are of one look at the tables. */
const ONE_SCRAPE_MS = 1_000;

/** Registers them; each is read when somebody scrapes. */
export function registerMetrics(metrics: HttpMetrics, { running, projections, workers, log }: Sources): void {
  const gauge: AddGauge = (name, help, labels, read) =>
    registerGauge(metrics, { name: `souk_${name}`, help, labels }, read);
  gauge('commands', 'What the command runtime has done since the start, by what.', ['what'], () =>
    Object.entries(running.runtime.stats()).map(([what, value]) => ({ labels: { what }, value })),
  );
  gauge('tail_lag_seconds', 'Since this process last knew to have seen the whole log.', [], () => [
    { labels: {}, value: running.tail.lagSeconds() },
  ]);
  gauge('log_events', 'Events in the log, where it can count them.', [], async () =>
    figure({}, log.distance(null, await log.head())),
  );
  addProjections(gauge, { projections, log });
  if (workers) addProcesses(gauge, workers);
}

/** `role` is what a generation is for: only of the `live` one anybody waits. */
const LANE = ['projection', 'generation', 'lane', 'role'];

function addProjections(gauge: AddGauge, { projections, log }: Pick<Sources, 'projections' | 'log'>): void {
  const status = remembered(() => projections.status(), ONE_SCRAPE_MS);
  const ofLanes = (value: (lane: ProjectionStatus) => number | null | undefined) => async () =>
    (await status('')).flatMap((lane) => figure(labelsOf(lane), value(lane)));
  const events = (position: Position | null) => log.distance(null, position);
  const moved = ({ lastProgressAt }: ProjectionStatus) => Date.parse(lastProgressAt ?? '') / 1_000 || 0;
  const each = (name: string, help: string, value: (lane: ProjectionStatus) => number | null | undefined) =>
    gauge(`projection_${name}`, help, LANE, ofLanes(value));

  each('lag_seconds', 'Age of the oldest event a lane has not applied.', (lane) => lane.lagSeconds);
  each('lag_events', 'Events a lane has not applied, where the log can count them.', (lane) => lane.lagEvents);
  each('checkpoint_events', 'Events up to the checkpoint of a lane, where the log can count them.', (lane) =>
    events(lane.position),
  );
  each('events_per_second', 'Events a lane applies, smoothed.', (lane) => lane.eventsPerSecond);
  each('last_progress_timestamp_seconds', 'When a lane last moved: a dead one does not read as lag zero.', moved);
  each('parked', 'Events that could not be applied, and those of the same rows behind them.', (lane) => lane.parked);
  gauge('projection_lane', 'How a lane is, and who keeps it; always 1.', [...LANE, 'state', 'owner'], async () =>
    (await status('')).map((lane) => ({
      labels: { ...labelsOf(lane), state: lane.state, owner: lane.owner ?? '' },
      value: 1,
    })),
  );
}

function labelsOf({ name, generation, lane, role }: ProjectionStatus): Figure['labels'] {
  return { projection: name, generation, lane, role };
}

function addProcesses(gauge: AddGauge, workers: Workers): void {
  const ofProcesses = (value: (status: ProcessStatus) => number) => async () =>
    (await workers.processes()).map((status) => ({ labels: { process: status.process }, value: value(status) }));
  gauge(
    'process_overdue_seconds',
    'How long the oldest due run of a process has waited.',
    ['process'],
    ofProcesses(({ oldestOverdueS }) => oldestOverdueS),
  );
  gauge(
    'process_failing',
    'Keys of a process whose last run failed.',
    ['process'],
    ofProcesses(({ failing }) => failing),
  );
  gauge('chain_failing', '1 while the event chain cannot be followed: the log was changed, or is away.', [], () => [
    { labels: {}, value: workers.chain.state().status === 'running' ? 0 : 1 },
  ]);
}

/** None where there is no value. */
function figure(labels: Figure['labels'], value: number | null | undefined): readonly Figure[] {
  return value === null || value === undefined ? [] : [{ labels, value }];
}
