/** Prometheus and Grafana, held against the code: what they scrape is there, what they ask for is exported. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { registerMetrics } from '../composition/metrics.ts';
import { createHttpMetrics } from '../platform/telemetry/http-metrics.ts';
import { ROOT, readCompose } from './testing/compose-file.ts';

const read = (path: string): string => readFileSync(join(ROOT, 'deploy', path), 'utf8');
const prometheus = parse(read('prometheus/prometheus.yml'));
const alerts = parse(read('prometheus/alerts.yml'));
const dashboard = JSON.parse(read('grafana/dashboards/souk.json'));
const { services } = readCompose();

/** Every series that /metrics of some role has, with its labels; figures are read at a scrape, and none comes here. */
function exported(): Map<string, readonly string[]> {
  const metrics = createHttpMetrics();
  registerMetrics(metrics, { running: {}, projections: {}, workers: {}, log: {} } as Parameters<
    typeof registerMetrics
  >[1]);
  const series = new Map<string, readonly string[]>([
    // Prometheus's own.
    ['up', []],
    ['ALERTS', ['alertname', 'alertstate', 'severity']],
  ]);
  for (const metric of metrics.registry.getMetricsAsArray()) {
    const { name, labelNames = [], type } = metric as { name: string; labelNames?: string[]; type: unknown };
    series.set(name, labelNames);
    if (String(type) !== 'histogram') continue;
    for (const end of ['_bucket', '_sum', '_count']) series.set(`${name}${end}`, [...labelNames, 'le']);
  }
  return series;
}

const WORDS = ['and', 'or', 'unless', 'by', 'without', 'on', 'ignoring', 'bool', 'offset'];
/** Given to every series by Prometheus. */
const TARGET = ['job', 'instance'];

/** What an expression names that there is not: series, or labels that none of its series has. */
function unknownIn(expression: string, series: ReadonlyMap<string, readonly string[]>): string[] {
  const grouped = [...expression.matchAll(/\b(?:by|without|on|ignoring) *\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(','),
  );
  const matched = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(
    ([, list = '']) => list.match(/\w+(?=\s*(?:=~|!~|!=|=))/g) ?? [],
  );
  const bare = expression
    .replace(/\b(?:by|without|on|ignoring) *\([^)]*\)/g, ' ')
    .replace(/\{[^}]*\}|\[[^\]]*\]|"[^"]*"/g, ' ');
  const names = (bare.match(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g) ?? []).filter((name) => !WORDS.includes(name));
  const labels = new Set([...TARGET, ...names.flatMap((name) => series.get(name) ?? [])]);
  const wanted = [...grouped, ...matched].map((label) => label.trim()).filter((label) => label !== '');
  return [...names.filter((name) => !series.has(name)), ...wanted.filter((label) => !labels.has(label))];
}

type Rule = { readonly alert: string; readonly expr: string; readonly annotations: { readonly summary: string } };
type Panel = { readonly id: number; readonly title: string; readonly targets: readonly { readonly expr: string }[] };
const rules: readonly Rule[] = alerts.groups.flatMap(({ rules: own }: { rules: Rule[] }) => own);
const panels: readonly Panel[] = dashboard.panels;

describe('what is asked of Prometheus', () => {
  const series = exported();

  it('is found out where it names nothing that is exported', () => {
    expect(unknownIn('max by (proces) (souk_process_failing{key="a"}) > 0 and foo_total', series)).toEqual([
      'foo_total',
      'proces',
      'key',
    ]);
    expect(
      unknownIn('sum by (le) (rate(http_request_duration_seconds_bucket{status=~"5.."}[5m])) > 1', series),
    ).toEqual([]);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    'alert %s names what there is',
    (_, { expr, annotations }) => {
      expect(unknownIn(expr, series)).toEqual([]);
      expect(annotations.summary.length).toBeGreaterThan(10);
    },
  );

  it.each(panels.map((panel) => [panel.title, panel] as const))(
    'panel "%s" asks for what there is',
    (_, { targets }) => {
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) expect(unknownIn(expr, series)).toEqual([]);
    },
  );

  it('leaves out none of the figures of the shop', () => {
    const asked = JSON.stringify([rules, panels]);
    expect([...series.keys()].filter((name) => name.startsWith('souk_') && !asked.includes(name))).toEqual([]);
  });
});

describe('what Prometheus scrapes', () => {
  it('is every role of the shop, at its port', () => {
    const scraped = prometheus.scrape_configs.map(
      ({ job_name, dns_sd_configs: [{ names, type, port }] }: ScrapeConfig) => [job_name, names, type, String(port)],
    );
    const roles = Object.entries(services).filter(([, { build }]) => build);
    expect(scraped).toEqual(roles.map(([name, { environment }]) => [name, [name], 'A', environment?.PORT]));
    const absent = rules.find(({ alert }) => alert === 'RoleAway')?.expr;
    for (const [name] of roles) expect(absent).toContain(`absent(up{job="${name}"})`);
    expect(prometheus.rule_files).toEqual(['alerts.yml']);
  });
});

type ScrapeConfig = {
  readonly job_name: string;
  readonly dns_sd_configs: readonly [
    { readonly names: readonly string[]; readonly type: string; readonly port: number },
  ];
};

describe('what Grafana shows', () => {
  it('comes from the Prometheus of docker-compose.yml, by the folder that is mounted', () => {
    const [source] = parse(read('grafana/provisioning/datasources/prometheus.yml')).datasources;
    const { hostname, port } = new URL(source.url);
    expect(services[hostname]?.ports?.map((mapping) => mapping.split(':').at(-1))).toContain(port);
    for (const { datasource } of dashboard.panels) expect(datasource).toEqual({ type: 'prometheus', uid: source.uid });
    const [provider] = parse(read('grafana/provisioning/dashboards/souk.yml')).providers;
    const { volumes = [], environment } = services.grafana ?? {};
    expect(volumes).toContain(`./deploy/grafana/dashboards:${provider.options.path}:ro`);
    expect(environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(`${provider.options.path}/souk.json`);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});
