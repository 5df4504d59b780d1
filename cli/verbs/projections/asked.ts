/** Asks something of whoever keeps the rows, and waits until it was done: by a running shop, or else by this command. */
import { recordOperation } from '../../../composition/audit.ts';
import type { Engines } from '../../../composition/engines.ts';
import { createControl, createProjections } from '../../../composition/projections.ts';
import { openReadModels } from '../../../composition/read-models.ts';
import type { Position } from '../../../event-store/port.ts';
import { pause } from '../../../platform/process/pause.ts';
import { NotPossible, type ProjectionControl, UnknownProjection } from '../../../projections/runtime/control.ts';
import { type Generation, readGenerations } from '../../../projections/runtime/generations.ts';
import type { ProjectionRuntime } from '../../../projections/runtime/runtime.ts';
import type { ProjectionStatus } from '../../../projections/runtime/status.ts';
import { CommandFailed, EXIT } from '../../exit.ts';
import { startProgress } from '../../progress.ts';
import { cliActor, withEngines } from '../../with-engines.ts';

export type Asking = {
  readonly control: ProjectionControl;
  readonly by: string;
  /** Waits until all of them are read, or gone; shows how far they are. Undefined: Ctrl-C came first. */
  settled(generations: readonly Generation[], how: 'live' | 'gone'): Promise<readonly Generation[] | undefined>;
};

const LOOK_MS = 250;

/** Records it first. What nobody can do is wrong usage, or refused, in the words of the engine. */
export async function asked<T>(
  action: string,
  subjects: readonly string[],
  work: (asking: Asking) => Promise<T | undefined>,
): Promise<T | undefined> {
  return withEngines(async (engines, interrupted) => {
    const models = await openReadModels(engines);
    const runtime = createProjections(engines, models, { yields: true });
    const by = cliActor(engines);
    try {
      await runtime.start();
      for (const subject of subjects) await recordOperation(engines, { action, subject }, { actor: by });
      const control = createControl(engines, models);
      return await work({
        control,
        by,
        settled: (generations, how) => settled({ engines, runtime, interrupted }, generations, how),
      });
    } catch (error) {
      if (error instanceof UnknownProjection) throw new CommandFailed(EXIT.usage, `${capital(error.message)}.`);
      if (error instanceof NotPossible) throw new CommandFailed(EXIT.refused, `${capital(error.message)}.`);
      throw error;
    } finally {
      await runtime.stop();
    }
  });
}

type Waiting = { readonly engines: Engines; readonly runtime: ProjectionRuntime; readonly interrupted: AbortSignal };

async function settled(
  { engines, runtime, interrupted }: Waiting,
  wanted: readonly Generation[],
  how: 'live' | 'gone',
): Promise<readonly Generation[] | undefined> {
  const { store, database } = engines;
  const total = store.distance(null, await store.head());
  const progress = startProgress(
    wanted
      .map(({ name }) => name)
      .join(', ')
      .slice(0, 40),
    total,
  );
  try {
    while (!interrupted.aborted) {
      const there = await readGenerations(database.pool);
      const now = wanted.map((generation) => there.find((each) => isSame(each, generation)));
      if (how === 'gone' ? now.every((each) => !each) : now.every((each) => each?.state === 'live')) return wanted;
      const lanes = (await runtime.status()).filter((lane) => wanted.some((generation) => isSame(lane, generation)));
      if (how === 'live') assertStillPossible(wanted, now, lanes);
      progress.reach(reachedBy(lanes, (position) => store.distance(null, position) ?? 0));
      await pause(LOOK_MS, interrupted);
    }
    return undefined;
  } finally {
    progress.stop();
  }
}

function isSame(one: { name: string; generation: number }, other: { name: string; generation: number }): boolean {
  return one.name === other.name && one.generation === other.generation;
}

/** The lanes' average: they come to the head together. */
function reachedBy(lanes: readonly ProjectionStatus[], distance: (position: Position) => number): number {
  const sum = lanes.reduce((all, { position }) => all + (position === null ? 0 : distance(position)), 0);
  return Math.round(sum / Math.max(lanes.length, 1));
}

function assertStillPossible(
  wanted: readonly Generation[],
  now: readonly (Generation | undefined)[],
  lanes: readonly ProjectionStatus[],
): void {
  const dropped = wanted.filter((_, at) => !now[at]).map(({ name }) => name);
  if (dropped.length > 0)
    throw new CommandFailed(EXIT.refused, `Dropped meanwhile: ${dropped.join(', ')}. Ask for the rebuild again.`);
  const parked = lanes.filter((lane) => lane.parked > 0 && lane.lagSeconds === 0).map(({ name }) => name);
  if (parked.length > 0)
    throw new CommandFailed(
      EXIT.refused,
      `Events are parked in the new rows of ${[...new Set(parked)].join(', ')}, so the old ones stay: see souk parked list.`,
    );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
