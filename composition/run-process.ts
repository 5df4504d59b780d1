/** The whole of a `compose.ts`: settings, start, what to open, and the end at a signal. */
import { ConfigError, loadConfig, type Role } from '../platform/config/config.ts';
import { createLogger, type Logger } from '../platform/logging/logger.ts';
import { type GracefulStop, onStop, type StopStep } from '../platform/process/graceful-stop.ts';
import { openEngines } from './engines.ts';

/** Runs until a signal. Wrong settings end it with 2, a fault with 1; a signal while it starts stops it as cleanly. */
export async function runProcess(role: Role): Promise<void> {
  let logger: Logger | undefined;
  let stop: GracefulStop | undefined;
  try {
    const config = loadConfig(process.env, role);
    logger = createLogger({ level: config.logLevel, name: role === 'all' ? 'souk' : `souk-${role}` });
    for (const warning of config.warnings) logger.warn(warning);
    const steps: StopStep[] = [];
    stop = onStop(steps, logger);
    const engines = openEngines({ config, logger, name: role });
    // Its failure is told below; until then it must not count as one that nobody heard of.
    engines.catch(() => undefined);
    // The rest of the shop is loaded while Postgres starts: the one waits for the disk, the other for the processor.
    const { announce, startProcess } = await import('./process.ts');
    announce(await startProcess({ config, logger, engines, steps }), logger);
  } catch (error) {
    // Asked to stop while it started: what then fails is the stop's doing, and the stop ends the process.
    if (stop?.underWay() !== undefined) return;
    tell(error, logger);
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}

/** What a person can mend is told in words; only a fault of ours comes with its stack. */
function tell(error: unknown, logger: Logger | undefined): void {
  if (isTold(error) || !logger) process.stderr.write(`${reasonOf(error)}\n`);
  else logger.fatal({ err: error }, 'the process could not start');
}

/** A taken port, an engine that cannot be reached or used, another shop's key: their messages say what to do. */
function isTold(error: unknown): boolean {
  const { code, name, cause } = error as { code?: string; name?: string; cause?: unknown };
  return TOLD.has(code ?? '') || TOLD.has(name ?? '') || (cause !== undefined && isTold(cause));
}

const TOLD = new Set([
  'ConfigError',
  'EmbeddedPostgresError',
  ...['EADDRINUSE', 'EACCES', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'],
  // Postgres: wrong password, no such account, no such database.
  ...['28P01', '28000', '3D000'],
  ...['WrongMasterKey', 'KeysLost', 'CheckpointMismatch', 'NewerProjection'],
  ...['LogUnavailable', 'RedisUnavailable', 'RedisUnfit', 'TypesenseUnsuitable'],
]);

/** Of a name with several addresses Node tells a code and no words. */
function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return message || `${code}: the database that DATABASE_URL names cannot be reached`;
}
