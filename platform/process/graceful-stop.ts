/** SIGTERM and Ctrl-C: what is in hand is finished, step by step, before the process ends. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../logging/logger.ts';

export type StopStep = {
  /** What is done, for the log: `drain requests`. */
  readonly name: string;
  readonly run: () => Promise<void>;
  /** The step is left behind after this many milliseconds (10,000); the next ones still run. */
  readonly timeoutMs?: number;
};

export type GracefulStop = {
  /** The stop in hand; undefined before there is one. */
  underWay(): Promise<boolean> | undefined;
  /** Stops as a signal would, without ending the process; settles when all steps are done. False when one failed. */
  stop(reason: string): Promise<boolean>;
  /** Leaves the signals to others again, as after a stop that does not end the process. */
  forget(): void;
};

/**
 * Runs the steps in order, once, at the first SIGTERM or SIGINT; then the process ends with 0, or with 1 when a step
 * failed or took too long. A second SIGINT ends it at once with 130. Call it before there is something to stop: steps may
 * be added until then.
 */
export function onStop(steps: readonly StopStep[], logger: Logger): GracefulStop {
  let stopping: Promise<boolean> | undefined;
  const stop = (reason: string) => {
    // A copy: a process that is still starting goes on adding steps.
    stopping ??= runSteps([...steps], reason, logger);
    return stopping;
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping && signal === 'SIGINT') process.exit(130);
    // exit, not exitCode: a socket that somebody forgot would keep the process for ever.
    void stop(signal).then((clean) => process.exit(clean ? 0 : 1));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  const forget = () => {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  };
  return { stop, forget, underWay: () => stopping };
}

async function runSteps(steps: readonly StopStep[], reason: string, logger: Logger): Promise<boolean> {
  logger.info({ reason }, 'stopping');
  let clean = true;
  for (const step of steps) {
    if (!(await runStep(step, logger))) clean = false;
  }
  logger.info({ clean }, 'stopped');
  return clean;
}

async function runStep(step: StopStep, logger: Logger): Promise<boolean> {
  const patience = new AbortController();
  const timeoutMs = step.timeoutMs ?? 10_000;
  try {
    const late = delay(timeoutMs, 'late', { signal: patience.signal });
    const outcome = await Promise.race([step.run(), late]);
    if (outcome === 'late') logger.error({ step: step.name, timeoutMs }, `${step.name} took too long; going on`);
    return outcome !== 'late';
  } catch (error) {
    logger.error({ err: error, step: step.name }, `${step.name} failed; going on`);
    return false;
  } finally {
    patience.abort();
  }
}
