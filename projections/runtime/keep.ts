/** Keeps the rows of all projections: follows the log while nobody else does, stands by while somebody does. */
import type pg from 'pg';
import { CheckpointMismatch, type EventStore } from '../../event-store/port.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import type { ApplyContext } from './apply.ts';
import { claimLanes, LaneLost, releaseLanes } from './checkpoints.ts';
import { followLog } from './follow.ts';
import type { Lane } from './lanes.ts';
import type { Progress } from './signal.ts';
import { standBy } from './stand-by.ts';

export type KeeperOptions = {
  readonly pool: pg.Pool;
  readonly log: EventStore;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly logger: Logger;
  readonly lanes: readonly Lane[];
  /** Names of what is built from the rows, in the process that keeps those. */
  readonly derived: readonly string[];
  readonly owner: string;
  readonly progress: Progress;
  readonly takeOverMs: number;
  /** Begins by standing by: whoever is at work keeps the rows. */
  readonly yields: boolean;
  /** Makes tables and checks checkpoints; run before each start of following. */
  readonly prepare: () => Promise<void>;
};

export type Keeper = {
  /** Whether this process follows the log now: then `reached` of its lanes is what readers can rely on. */
  isFollowing(): boolean;
  /** What needs a person: lanes that stopped, a log that is not ours. */
  problems(): readonly string[];
  run(signal: AbortSignal): Promise<void>;
};

export function createKeeper(options: KeeperOptions): Keeper {
  const { pool, log, lanes, progress, logger } = options;
  const problems = new Map<string, string>();
  const onStopped = stopReporter(logger, problems);
  let following = false;

  /** True when another process turned out to keep the rows. */
  async function followed(signal: AbortSignal): Promise<boolean> {
    await claimLanes(pool, lanes, options.owner);
    // A lane that stopped tries its event again whenever it is taken: the code may have been mended since.
    for (const lane of lanes) lane.error = undefined;
    problems.clear();
    following = true;
    try {
      await followLog({ ...options, onStopped }, signal);
      await releaseLanes(pool, lanes);
      return false;
    } catch (error) {
      if (!(error instanceof LaneLost)) throw error;
      logger.info(error.message);
      return true;
    } finally {
      following = false;
    }
  }

  async function keep(signal: AbortSignal): Promise<void> {
    await options.prepare();
    const { derived, takeOverMs } = options;
    const wait = () => standBy({ reader: pool, log, lanes, derived, progress, takeOverMs }, signal);
    if (options.yields) await wait();
    while (!signal.aborted) {
      if (!(await followed(signal))) continue;
      await wait();
      if (!signal.aborted) logger.info('the checkpoints stand still: taking over');
    }
  }

  return {
    isFollowing: () => following,
    problems: () => [...problems.values()],
    async run(signal) {
      try {
        await keep(signal);
      } catch (error) {
        if (!(error instanceof CheckpointMismatch)) throw error;
        // Going on would serve another log's rows; only a person can tell which of the two is wrong.
        problems.set('log', error.message);
        logger.fatal({ err: error }, 'projections stopped');
      }
    },
  };
}

function stopReporter(logger: Logger, problems: Map<string, string>): ApplyContext['onStopped'] {
  return (lane, { event }, error) => {
    const { name } = lane.projection;
    problems.set(`${name}/${lane.lane}`, `lane ${lane.lane} of projection ${name} stopped: ${error.message}`);
    const { position, type, id } = event;
    const where = { projection: name, lane: lane.lane, position, type, id };
    logger.error({ err: error, ...where }, 'a projection lane stopped at an event; mend the code and start again');
  };
}
