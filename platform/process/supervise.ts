/** A loop that starts again by itself when it fails, and tells how it is. */
import type { Logger } from '../logging/logger.ts';
import { errorMessage } from './error-code.ts';
import { pause } from './pause.ts';

export type LoopState = {
  readonly name: string;
  readonly status: 'running' | 'restarting' | 'stopped';
  /** Times it was started again. */
  readonly restarts: number;
  /** Why it last failed. */
  readonly lastError?: string;
  readonly lastErrorAt?: Date;
};

export type SuperviseOptions = {
  readonly name: string;
  /** Works until the signal is aborted. Returning earlier ends the loop for good; throwing starts it again. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  /** Ends the loop. */
  readonly signal: AbortSignal;
  readonly backoff?: Backoff;
  /** Told of every change. */
  readonly onState?: (state: LoopState) => void;
};

export type Backoff = {
  /** The longest first pause in milliseconds (100); it doubles with each failure in a row. */
  readonly firstMs?: number;
  /** The longest pause in milliseconds (10,000). A run that lasts longer than this clears the row of failures. */
  readonly maxMs?: number;
};

export type Loop = {
  state(): LoopState;
  /** Settles when the loop has ended; never rejects. */
  readonly done: Promise<void>;
};

/** Starts the loop. */
export function supervise(options: SuperviseOptions): Loop {
  const { name, signal, logger, backoff: { firstMs = 100, maxMs = 10_000 } = {} } = options;
  let state: LoopState = { name, status: 'running', restarts: 0 };
  const publish = (change: Partial<LoopState>) => {
    state = { ...state, ...change };
    options.onState?.(state);
  };

  const loop = async () => {
    for (let failures = 0; !signal.aborted; ) {
      const since = performance.now();
      const failed = await attempt(options.run, signal);
      // What it throws when it is told to stop is no failure.
      if (!failed || signal.aborted) return;
      failures = performance.now() - since > maxMs ? 1 : failures + 1;
      publish({ status: 'restarting', lastError: errorMessage(failed.error), lastErrorAt: new Date() });
      const pauseMs = Math.min(firstMs * 2 ** (failures - 1), maxMs) * (0.5 + Math.random() / 2);
      logger.error(
        { err: failed.error, loop: name, failures, pauseMs: Math.round(pauseMs) },
        `${name} failed; starting it again`,
      );
      // Told to stop during the pause: the loop's condition ends it.
      await pause(pauseMs, signal);
      if (!signal.aborted) publish({ status: 'running', restarts: state.restarts + 1 });
    }
  };
  const done = loop().finally(() => publish({ status: 'stopped' }));
  return { state: () => state, done };
}

async function attempt(
  run: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly error: unknown } | undefined> {
  try {
    await run(signal);
    return undefined;
  } catch (error) {
    return { error };
  }
}
