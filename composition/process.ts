/** One process of the shop: some or all of its roles, from the environment to a graceful stop. */
import { readFileSync } from 'node:fs';
import { ensureAdmin } from '../commands/users/ensure-admin.ts';
import { isRejection } from '../domain/rejection.ts';
import type { Config, Role } from '../platform/config/config.ts';
import type { HealthCheck } from '../platform/http/health.ts';
import type { HttpServer } from '../platform/http/server.ts';
import type { Logger } from '../platform/logging/logger.ts';
import type { StopStep } from '../platform/process/graceful-stop.ts';
import { createHttpMetrics } from '../platform/telemetry/http-metrics.ts';
import { engineChecks, loopChecks, readModelsCheck } from './checks.ts';
import { DEMO_ACCOUNTS, DEMO_PASSWORD, hasDemo, seedDemo, wantsDemo } from './demo/seed-demo.ts';
import { type Engines, openEngines } from './engines.ts';
import { startHttp } from './http.ts';
import { registerMetrics } from './metrics.ts';
import { createProjections } from './projections.ts';
import { openReadModels } from './read-models.ts';
import { createShop, type RunningShop } from './shop.ts';
import { startWorkers } from './workers.ts';

export type RunningProcess = {
  /** Where it listens, as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly engines: Engines;
  readonly running: RunningShop;
  /** Whether the demo's accounts are there. */
  readonly demo: boolean;
  /** What a graceful stop does, in order: requests drain first, the engines go last. */
  readonly stopSteps: readonly StopStep[];
};

type Parts = {
  readonly config: Config;
  readonly logger: Logger;
  /** Opened, or being opened, by the caller. */
  readonly engines?: Promise<Engines>;
  /** Filled while it starts, for whoever stops it before it has. */
  readonly steps?: StopStep[];
};

/** Starts what the role names; what was started is stopped again when something fails. */
export async function startProcess({ config, logger, ...given }: Parts): Promise<RunningProcess> {
  const does = (role: Role) => config.role === 'all' || config.role === role;
  const opening = given.engines ?? openEngines({ config, logger, name: config.role });
  const started = given.steps ?? [];
  started.unshift({ name: 'close engines', run: async () => (await opening).close(), timeoutMs: 45_000 });
  const engines = await opening;
  try {
    const running = await createShop(engines);
    started.unshift({ name: 'finish commands', run: () => running.close() });
    const models = await openReadModels(engines);
    const projections = createProjections(engines, models);
    started.unshift({ name: 'finish the batch of projections', run: () => projections.stop() });
    if (does('projections')) await projections.start();
    const demo = await firstFill(engines, running);
    const metrics = createHttpMetrics();
    const checks: Record<string, HealthCheck> = engineChecks(engines, running);
    if (does('projections')) checks.projections = async () => projections.health().problems.join('; ') || undefined;
    else if (does('read-api')) checks['read-models'] = readModelsCheck(projections);
    const apis = { write: does('write-api'), read: does('read-api') };
    // Workers come after the socket: the sandbox's webhooks need the port that was taken.
    const http = await startHttp({ engines, models, running, apis, projections, checks, metrics, version: version() });
    started.unshift({ name: 'drain requests', run: () => http.stop(), timeoutMs: 15_000 });
    const workers = does('workers') ? await startWorkers(engines, running.shop, webhookBase(config, http)) : undefined;
    if (workers) {
      Object.assign(checks, loopChecks(workers.loops));
      started.splice(1, 0, { name: 'finish runs in hand', run: () => workers.stop() });
    }
    registerMetrics(metrics, { running, projections, workers, log: engines.store });
    return { url: http.url, engines, running, demo, stopSteps: started };
  } catch (error) {
    for (const step of started) await step.run();
    throw error;
  }
}

/** The first administrator and the demo, where they are wanted and missing. */
async function firstFill(engines: Engines, { shop }: RunningShop): Promise<boolean> {
  const { config, logger, store } = engines;
  const wanted = config.role === 'all' && config.seed === 'demo';
  if (wanted && (await wantsDemo(store, shop))) {
    logger.info('filling the empty store with the demo marketplace');
    await seedDemo(shop);
  }
  if (config.admin && (config.role === 'all' || config.role === 'write-api')) {
    const made = await ensureAdmin(shop, config.admin);
    if (isRejection(made)) throw new Error(`the first administrator could not be made: ${made.detail}`);
  }
  const there = await hasDemo(shop);
  if (wanted && !there) logger.info('the log began as something else: the demo marketplace is left out');
  return there;
}

/** Says what to open. */
export function announce({ url, engines, demo }: RunningProcess, logger: Logger): void {
  const { config, embedded } = engines;
  logger.info({ url, role: config.role }, `Souk is open at ${url}`);
  if (config.role !== 'all') return;
  const lines = [
    '',
    `  Souk is open.      API and documentation   ${url}/docs`,
    `                     health, metrics         ${url}/health/ready  ${url}/metrics`,
    ...(embedded
      ? [`                     data                    ${config.dataDir} (Postgres in ${embedded.location})`]
      : []),
    ...(demo
      ? ['', `  Demo accounts (password ${DEMO_PASSWORD}):  ${DEMO_ACCOUNTS.map(({ email }) => email).join('  ')}`]
      : []),
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Where the sandbox finds our webhook: with any free port and all roles, what was taken. */
function webhookBase(config: Config, http: HttpServer): string {
  return config.port === 0 && config.role === 'all' ? http.url : config.publicUrl;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
