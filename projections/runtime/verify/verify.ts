/**
 * Whether the rows of a projection are what the log makes of them. Rows are copied by their hashes, in short statements
 * that each see one moment, while the shop goes on; then a scratch generation is filled to exactly those moments, one
 * after the other, and compared. Nothing waits for it.
 */
import { latest, type Position } from '../../../event-store/port.ts';
import { claimLanes } from '../checkpoints.ts';
import {
  createGeneration,
  dropGeneration,
  type Generation,
  inSchema,
  lockGenerations,
  readGenerations,
} from '../generations.ts';
import { freshLanes, type Lane } from '../lanes.ts';
import { modelOf } from '../models.ts';
import { fillScratch, type ScratchContext, whileVerifying } from '../scratch.ts';
import { inTransaction } from '../transaction.ts';
import type { Projection } from '../types.ts';
import { COPIES, type CopiedRange, compareRange, copiedKeys, copyRows, type Sides, type Unequal } from './copies.ts';
import { type Difference, describeDifferences } from './differences.ts';

export type Verified = {
  readonly name: string;
  readonly generation: number;
  readonly version: number;
  /** Rows that were compared. */
  readonly rows: number;
  /** The rows are those of this place in the log. */
  readonly position: Position | null;
  readonly equal: boolean;
  /** Rows that are not what they should be. */
  readonly differing: number;
  /** The first of them. */
  readonly differences: readonly Difference[];
  /** Rows left out: events for them are parked, so that they are known to be behind. */
  readonly parked: number;
};

export type VerifyOptions = {
  /** Only so many rows, chosen at random; rows that are missing are then not found. */
  readonly sample?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((at: Position) => void) | undefined;
};

/** It cannot be compared; the message says why, and what to do. */
export class CannotVerify extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'CannotVerify';
  }
}

/** Differences that are described; all are counted. */
const DESCRIBED = 20;

/** Undefined: the signal aborted first. Throws `CannotVerify`. */
export async function verifyProjection(
  context: ScratchContext,
  projection: Projection,
  options: VerifyOptions = {},
): Promise<Verified | undefined> {
  const live = (await readGenerations(context.pool)).find(
    ({ name, state }) => name === projection.name && state === 'live',
  );
  if (!live) throw new CannotVerify(`${projection.name} has no rows yet: start a process that keeps projections`);
  if (live.version !== projection.version)
    throw new CannotVerify(
      `the rows of ${projection.name} are of version ${live.version}, this Souk is of ${projection.version}: wait for its rebuild`,
    );
  return whileVerifying(context.pool, async () => {
    const scratch = await openScratch(context, projection);
    try {
      return await compare(context, { projection, live, scratch }, options);
    } finally {
      await inTransaction(context.pool, (client) => dropGeneration(client, scratch));
    }
  });
}

async function openScratch({ pool, log }: ScratchContext, projection: Projection): Promise<Generation> {
  const identity = await log.identity();
  return inTransaction(pool, async (client) => {
    await lockGenerations(client);
    const scratch = await createGeneration(client, modelOf(projection), { state: 'scratch', identity });
    await inSchema(client, scratch, () => client.query(COPIES));
    return scratch;
  });
}

async function compare(context: ScratchContext, sides: Sides, options: VerifyOptions): Promise<Verified | undefined> {
  const { projection, live, scratch } = sides;
  const { sample, signal, onProgress } = options;
  const parked = await parkedKeys(context, live);
  const ranges = await copyRows(context.pool, sides, sample);
  for (const key of await parkedKeys(context, live)) parked.add(key);
  const rows = sample === undefined ? undefined : await copiedKeys(context.pool, sides);
  const lanes = freshLanes(projection, scratch);
  await claimLanes(context.pool, lanes, context.owner);
  const unequal: Unequal[] = [];
  for (const range of ranges) {
    const upTo = (lane: Lane) => range.places.get(lane.lane) ?? null;
    await fillScratch(context, lanes, { upTo, signal, onProgress, ...(rows ? { rows } : {}) });
    if (signal?.aborted) return undefined;
    unequal.push(...(await compareRange(context.pool, sides, range)).filter(({ key }) => !parked.has(key)));
  }
  const position = lastPlace(ranges);
  const described = unequal.slice(0, DESCRIBED);
  const differences =
    position === null ? [] : await describeDifferences(context, sides, { unequal: described, upTo: position });
  return {
    name: live.name,
    generation: live.generation,
    version: live.version,
    rows: ranges.reduce((sum, range) => sum + range.rows, 0),
    position,
    equal: unequal.length === 0,
    differing: unequal.length,
    differences,
    parked: parked.size,
  };
}

function lastPlace(ranges: readonly CopiedRange[]): Position | null {
  return [...(ranges.at(-1)?.places.values() ?? [])].reduce(latest, null);
}

async function parkedKeys({ pool }: ScratchContext, { name, generation }: Generation): Promise<Set<string>> {
  const { rows } = await pool.query<{ key: string }>(
    'select distinct key from projections.parked where name = $1 and generation = $2',
    [name, generation],
  );
  return new Set(rows.map(({ key }) => key));
}
