/** What /metrics tells of HTTP: how long each route takes, how many requests are in hand. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type HttpMetrics = {
  readonly registry: Registry;
  /** `route` is the pattern, never the path: ids would make a series of each. */
  observe(labels: { readonly method: string; readonly route: string; readonly status: number }, seconds: number): void;
  inFlight(change: 1 | -1): void;
};

/** A registry of its own (no global state), with the process's figures. */
export function createHttpMetrics(): HttpMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer, by method, route pattern and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const inFlight = new Gauge({ name: 'http_requests_in_flight', help: 'Requests in hand.', registers: [registry] });
  return {
    registry,
    observe: ({ method, route, status }, seconds) => duration.observe({ method, route, status }, seconds),
    inFlight: (change) => inFlight.inc(change),
  };
}

/** One value of a gauge, with the labels that tell it from the others. */
export type Figure = { readonly labels: Readonly<Record<string, string | number>>; readonly value: number };

/** A figure that is asked for when somebody scrapes: projection lag, appends. */
export function registerGauge(
  { registry }: Pick<HttpMetrics, 'registry'>,
  gauge: { readonly name: string; readonly help: string; readonly labels?: readonly string[] },
  read: () => Promise<readonly Figure[]> | readonly Figure[],
): void {
  const metric: Gauge<string> = new Gauge({
    name: gauge.name,
    help: gauge.help,
    labelNames: [...(gauge.labels ?? [])],
    registers: [registry],
    async collect() {
      metric.reset();
      for (const { labels, value } of await read()) metric.set(labels, value);
    },
  });
}
