/** Runs a verb on the engines the environment names, and closes them however it ends. */
import { userInfo } from 'node:os';
import { type Engines, openEngines } from '../composition/engines.ts';
import { type Config, ConfigError, loadConfig } from '../platform/config/config.ts';
import { KeysLost, WrongMasterKey } from '../platform/keys/postgres-key-store.ts';
import { createLogger, type Logger } from '../platform/logging/logger.ts';
import { EmbeddedPostgresError } from '../platform/postgres/embedded-error.ts';
import { CommandFailed, EXIT, isLostEngine, reasonOf } from './exit.ts';
import { remark } from './output.ts';

/** Opens the engines of the shop, with everything logged to stderr (warnings and worse). */
export function withEngines<T>(verb: (engines: Engines, interrupted: AbortSignal) => Promise<T>): Promise<T> {
  return interruptible(async (interrupted) => {
    const engines = await open();
    try {
      return await verb(engines, interrupted);
    } finally {
      await engines.close();
    }
  });
}

/** Runs a verb that ends cleanly, with the code for it, at Ctrl-C. */
export async function interruptible<T>(verb: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const onSignal = () => {
    // A second Ctrl-C does not wait.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
    interrupted.abort();
    process.exitCode = EXIT.interrupted;
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    return await verb(interrupted.signal);
  } finally {
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
  return reached(() => openEngines({ ...cliSettings(), name: 'cli' }));
}

/** The settings of the shop that the environment names, and a logger that leaves stdout alone. */
export function cliSettings(): { readonly config: Config; readonly logger: Logger } {
  const config = loadConfig(process.env, 'cli');
  for (const warning of config.warnings) remark(warning);
  const level = process.env.LOG_LEVEL ? config.logLevel : 'warn';
  return { config, logger: createLogger({ level, name: 'souk-cli', to: 'stderr' }) };
}

/** Runs what opens engines; what keeps them from being opened is told with the code for it. */
export async function reached<T>(opening: () => Promise<T>): Promise<T> {
  try {
    return await opening();
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
