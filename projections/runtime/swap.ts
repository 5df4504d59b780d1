/**
 * Puts one generation in the place of another, so that no read sees less after it than before: the old one stands still
 * at a barrier until the new one has come at least as far.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { type EventStore, type LogIdentity, latest, type Position } from '../../event-store/port.ts';
import { errorCode } from '../../platform/process/error-code.ts';
import type { Reader } from '../read.ts';
import {
  createGeneration,
  type Generation,
  type GenerationModel,
  lockGenerations,
  readGenerations,
  SHORT_LOCKS,
  showGeneration,
  startOver,
} from './generations.ts';
import { generationOf, IN_TIME } from './leases.ts';
import { type Models, modelsOf } from './models.ts';
import { newlyParked } from './parking.ts';
import { inTransaction, LOCK_TIMEOUT } from './transaction.ts';

export type SwapContext = {
  readonly pool: pg.Pool;
  readonly log: Pick<EventStore, 'head' | 'identity'>;
  readonly models: Models;
  /** Of this process: it needs not be told that another version may come. */
  readonly keeper: string;
};

/** What the owner of the old lanes has done in memory is about to be written, and is stopped by the locks, in milliseconds. */
const SETTLE_MS = 100;
/** So long the old generation may stand still, in milliseconds. */
const LEVEL_MS = 1_000;
const LOOK_MS = 10;

/** It was rolled back: nothing has changed. */
class NotLevel extends Error {}

type Pair = { readonly from: Generation; readonly to: Generation; readonly model: GenerationModel };

/** Swaps them in, all or none. False where they are not level in time, or somebody else is at it: then ask again later. */
export async function swapIn(context: SwapContext, wanted: readonly Generation[]): Promise<boolean> {
  const identity = await context.log.identity();
  try {
    await inTransaction(context.pool, async (client) => {
      const { rows } = await client.query<{ mine: boolean }>(
        `select pg_try_advisory_xact_lock(hashtext('souk:projections:swap')) as mine`,
      );
      if (!rows[0]?.mine) throw new NotLevel('another process swaps');
      await lockGenerations(client);
      await client.query(SHORT_LOCKS);
      const pairs = pairsOf(context.models, await readGenerations(client), wanted);
      await holdOld(client, context, pairs);
      await awaitLevel(client, context, pairs);
      await flip(client, pairs);
      for (const { to, model } of pairs) await showGeneration(client, to, model.tables);
      await buildAnew(client, context.models, { pairs, identity });
    });
    return true;
  } catch (error) {
    if (error instanceof NotLevel || errorCode(error) === LOCK_TIMEOUT) return false;
    throw error;
  }
}

/** As they are now; what is not as it was when it was wanted is not swapped. */
function pairsOf(models: Models, all: readonly Generation[], wanted: readonly Generation[]): readonly Pair[] {
  const known = modelsOf(models);
  return wanted.map(({ name, generation, state }) => {
    const to = all.find((each) => each.name === name && each.generation === generation && each.state === state);
    const from = all.find((each) => each.name === name && each.state === 'live');
    const model = known.find((each) => each.name === name);
    if (!to || !from || !model) throw new NotLevel(`generation ${generation} of ${name} is not what it was`);
    return { from, to, model };
  });
}

/** From here to the end of the transaction nobody moves the old generations. */
async function holdOld(client: pg.ClientBase, { keeper }: SwapContext, pairs: readonly Pair[]): Promise<void> {
  const changed = pairs.filter(({ from, to }) => from.version !== to.version).map(({ to }) => to);
  // Who answers reads from memory must have seen that another version may come.
  const { rowCount: unaware } = await client.query(
    `select from projections.keepers k
     where ${IN_TIME} and k.keeper <> $2 and not k.seen @> $1`,
    [changed.map(generationOf), keeper],
  );
  if (unaware) throw new NotLevel('a process has not seen the new version yet');
  await client.query(`${CHECKPOINTS} order by c.name, c.generation, c.lane for update of c`, keysOf(froms(pairs)));
  await delay(SETTLE_MS);
}

const CHECKPOINTS = `select c.name, c.generation, c.lanes, c.position from projections.checkpoints c
  join unnest($1::text[], $2::int[]) u (name, generation) using (name, generation)`;

type Place = {
  readonly name: string;
  readonly lanes: number;
  readonly position: Position | null;
};

/** Returns as soon as the new lanes are as far as anybody may have been told that the old ones are; holds them too. */
async function awaitLevel(client: pg.ClientBase, context: SwapContext, pairs: readonly Pair[]): Promise<void> {
  const { rows: old } = await client.query<Place>(CHECKPOINTS, keysOf(froms(pairs)));
  const head = await context.log.head();
  const projections = new Set(context.models.projections.map(({ name }) => name));
  // What is built from rows is as far as its table says; lanes may be further in the memory of their process, and further
  // than a node of the log knows that is late itself.
  const barrierOf = (name: string) =>
    old
      .filter((row) => row.name === name)
      .map(({ position }) => position)
      .reduce(latest, projections.has(name) ? head : null);
  const until = performance.now() + LEVEL_MS;
  while (!isLevel(await placesOf(client, pairs), barrierOf)) {
    if (performance.now() > until) throw new NotLevel('the new generation is behind');
    await delay(LOOK_MS);
  }
  await client.query(`${CHECKPOINTS} order by c.name, c.generation, c.lane for update of c`, keysOf(tos(pairs)));
  for (const { to } of pairs) {
    if (await newlyParked(client, to)) throw new NotLevel(`more is parked in the new generation of ${to.name}`);
  }
}

async function placesOf(client: Reader, pairs: readonly Pair[]): Promise<readonly Place[]> {
  return (await client.query<Place>(CHECKPOINTS, keysOf(tos(pairs)))).rows;
}

function isLevel(places: readonly Place[], barrierOf: (name: string) => Position | null): boolean {
  return places.every(({ name, position }) => {
    const barrier = barrierOf(name);
    return barrier === null || (position !== null && position >= barrier);
  });
}

async function flip(client: pg.ClientBase, pairs: readonly Pair[]): Promise<void> {
  const [names, generations] = keysOf(tos(pairs));
  // One of them is enough to go back to.
  await client.query(
    `update projections.generations g set state = 'dropping', wish = null
     where state = 'previous' and name = any($1) and (name, generation) not in (select * from unnest($1::text[], $2::int[]))`,
    [names, generations],
  );
  await client.query(
    `update projections.generations set state = 'previous', wish = null where state = 'live' and name = any($1)`,
    [names],
  );
  await client.query(
    `update projections.generations set state = 'live', wish = null, note = null, live_since = now()
     where (name, generation) in (select * from unnest($1::text[], $2::int[]))`,
    [names, generations],
  );
  // Whoever keeps them finds out before the next write which of them is read.
  await client.query(
    `update projections.checkpoints set owner_epoch = owner_epoch + 1
     where (name, generation) in (select * from unnest($1::text[], $2::int[]))`,
    keysOf([...froms(pairs), ...tos(pairs)]),
  );
}

/** What was built from rows of another version, or without those that waited, is built anew; else it is what it was. */
async function buildAnew(
  client: pg.ClientBase,
  models: Models,
  { pairs, identity }: { readonly pairs: readonly Pair[]; readonly identity: LogIdentity },
): Promise<void> {
  const { rows: waited } = await client.query<{ name: string }>(
    `select distinct name from projections.parked
     where (name, generation) in (select * from unnest($1::text[], $2::int[]))`,
    keysOf(froms(pairs)),
  );
  const changed = new Set(pairs.filter(({ from, to }) => from.version !== to.version).map(({ to }) => to.name));
  for (const { name } of waited) changed.add(name);
  const stale = [...models.derived, ...(models.outside ?? [])].filter((model) =>
    model.sources.some((source) => changed.has(source)),
  );
  for (const model of modelsOf(models)) {
    if (!stale.some(({ name }) => name === model.name)) continue;
    const there = await readGenerations(client);
    if (model.inPlace) {
      await startOver(client, model, { there, identity });
      continue;
    }
    await client.query(`update projections.generations set state = 'dropping' where name = $1 and state = 'building'`, [
      model.name,
    ]);
    await createGeneration(client, model, { state: 'building', identity });
  }
}

function froms(pairs: readonly Pair[]): readonly Generation[] {
  return pairs.map(({ from }) => from);
}

function tos(pairs: readonly Pair[]): readonly Generation[] {
  return pairs.map(({ to }) => to);
}

function keysOf(generations: readonly Generation[]): [string[], number[]] {
  return [generations.map(({ name }) => name), generations.map(({ generation }) => generation)];
}
