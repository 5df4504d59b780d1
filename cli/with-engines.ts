/** Runs a verb on the engines the environment names, and closes them however it ends. */
import { userInfo } from 'node:os';
import { type Engines, openEngines } from '../composition/engines.ts';
import { ConfigError, loadConfig } from '../platform/config/config.ts';
import { KeysLost, WrongMasterKey } from '../platform/keys/postgres-key-store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { EmbeddedPostgresError } from '../platform/postgres/embedded-error.ts';
import { CommandFailed, EXIT, isLostEngine, reasonOf } from './exit.ts';
import { remark } from './output.ts';

/** Opens the engines of the shop, with everything logged to stderr (warnings and worse). */
export async function withEngines<T>(verb: (engines: Engines, interrupted: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const onSignal = () => {
    // A second Ctrl-C does not wait.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
    interrupted.abort();
    process.exitCode = EXIT.interrupted;
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const engines = await open();
  try {
    return await verb(engines, interrupted.signal);
  } finally {
    await engines.close();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** The engines the environment names cannot be opened. */
export class EnginesUnreachable extends CommandFailed {
  constructor(cause: unknown) {
    super(EXIT.unreachable, `An engine cannot be reached: ${reasonOf(cause)}`);
  }
}

async function open(): Promise<Engines> {
  try {
    const config = loadConfig(process.env, 'cli');
    for (const warning of config.warnings) remark(warning);
    const level = process.env.LOG_LEVEL ? config.logLevel : 'warn';
    const logger = createLogger({ level, name: 'souk-cli', to: 'stderr' });
    return await openEngines({ config, logger, name: 'cli' });
  } catch (error) {
    if (error instanceof ConfigError || error instanceof WrongMasterKey || error instanceof KeysLost)
      throw new CommandFailed(EXIT.usage, error.message);
    if (!isLostEngine(error) && !(error instanceof EmbeddedPostgresError)) throw error;
    throw new EnginesUnreachable(error);
  }
}

/** Who the command acts as: `SOUK_ACTOR`, else the system's user. */
export function cliActor(engines: Engines): string {
  return `cli:${engines.config.actor ?? userInfo().username}`;
}
