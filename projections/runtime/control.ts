/** What people ask of read models. It is only written down here: whoever keeps the rows carries it out. */
import type pg from 'pg';
import type { EventStore } from '../../event-store/port.ts';
import { createGeneration, type Generation, lockGenerations, readGenerations, startOver } from './generations.ts';
import { codeOf, readKeepers, readLeases } from './leases.ts';
import { type Models, modelsOf } from './models.ts';
import { isNotMade } from './not-made.ts';
import { inTransaction } from './transaction.ts';

export type ProjectionControl = {
  /**
   * A new generation of each is built beside the live one and read as soon as it is level with it; one that is being built
   * already goes on. Returns the generations that will be live.
   */
  rebuild(names: readonly string[] | 'all', by: string): Promise<readonly Generation[]>;
  /** Its rows stay as they are, whatever happens; who waits for them waits in vain. */
  pause(name: string, by: string): Promise<void>;
  resume(name: string, by: string): Promise<void>;
  /** The generation that was read before is read again as soon as it is level. Returns it. */
  swapBack(name: string, by: string): Promise<Generation>;
  /** The generation that was read before is not kept any longer; no sooner than a minute after the swap. Returns it. */
  dropPrevious(name: string, by: string): Promise<Generation>;
  /** Returns the id of the request, in `projections.verifications`. */
  requestVerify(name: string, options: { readonly sample?: number | undefined }, by: string): Promise<string>;
};

/** There is no read model of the name. */
export class UnknownProjection extends Error {
  constructor(name: string, known: readonly string[]) {
    super(`there is no projection ${name}; there are ${known.join(', ')}`);
    this.name = 'UnknownProjection';
  }
}

/** It cannot be done as things are; the message says what to do. */
export class NotPossible extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NotPossible';
  }
}

/** Reads that began before a swap are over by then, in seconds. */
const KEEP_PREVIOUS_S = 60;

export type ControlOptions = Models & {
  readonly database: { readonly pool: pg.Pool };
  readonly log: Pick<EventStore, 'identity'>;
};

/** Each of its functions throws `UnknownProjection` or `NotPossible`. */
export function createProjectionControl(options: ControlOptions): ProjectionControl {
  const { pool } = options.database;
  const models = modelsOf(options);
  const known = models.map(({ name }) => name);

  /** With the generations as they are, which nobody changes meanwhile. */
  async function decided<T>(work: (client: pg.PoolClient, all: readonly Generation[]) => Promise<T>): Promise<T> {
    try {
      return await inTransaction(pool, async (client) => {
        await lockGenerations(client);
        return work(client, await readGenerations(client));
      });
    } catch (error) {
      if (!isNotMade(error)) throw error;
      throw new NotPossible(
        'no read models were ever made in this database: start a process that keeps them (npm run projections)',
      );
    }
  }

  /** One read model by name: its generations in the states asked for. */
  async function named<T>(
    name: string,
    work: (client: pg.PoolClient, of: (state: Generation['state']) => Generation | undefined) => Promise<T>,
  ): Promise<T> {
    if (!known.includes(name)) throw new UnknownProjection(name, known);
    return decided((client, all) =>
      work(client, (state) => all.find((each) => each.name === name && each.state === state)),
    );
  }

  async function rebuildOne(client: pg.PoolClient, all: readonly Generation[], name: string, by: string) {
    const model = models.find((model) => model.name === name);
    if (!model) throw new UnknownProjection(name, known);
    const paused = await client.query('select from projections.paused where name = $1', [name]);
    if (paused.rowCount !== 0) throw new NotPossible(`${name} is paused: resume it first (souk projections resume)`);
    const building = all.find((each) => each.name === name && each.state === 'building');
    if (building?.version === model.version) return building;
    if (building) throw new NotPossible(`${name} is being built as version ${building.version} by another Souk`);
    const live = all.find((each) => each.name === name && each.state === 'live');
    if (live && live.version > model.version)
      throw new NotPossible(
        `${name} is read as version ${live.version}, and this Souk has version ${model.version}: update it`,
      );
    const identity = await options.log.identity();
    const made = model.inPlace
      ? await startOver(client, model, { there: all, identity })
      : await createGeneration(client, model, { state: 'building', identity });
    await client.query('update projections.generations set by = $3 where name = $1 and generation = $2', [
      name,
      made.generation,
      by,
    ]);
    return made;
  }

  return {
    rebuild: (names, by) =>
      decided(async (client, all) => {
        const made: Generation[] = [];
        for (const name of names === 'all' ? known : new Set(names)) {
          made.push(await rebuildOne(client, all, name, by));
        }
        return made;
      }),
    pause: (name, by) =>
      named(name, async (client) => {
        await client.query('insert into projections.paused (name, by) values ($1, $2) on conflict do nothing', [
          name,
          by,
        ]);
      }),
    resume: (name) =>
      named(name, async (client) => {
        await client.query('delete from projections.paused where name = $1', [name]);
      }),
    swapBack: (name, by) =>
      named(name, async (client, of) => {
        const previous = previousOf(name, of);
        await assertKept(client, previous, models.find((model) => model.name === name)?.version);
        await client.query(
          `update projections.generations set wish = 'live', by = $3 where name = $1 and generation = $2`,
          [name, previous.generation, by],
        );
        return previous;
      }),
    dropPrevious: (name, by) =>
      named(name, async (client, of) => {
        const previous = previousOf(name, of);
        await assertUnread(client, name);
        await client.query(
          `update projections.generations set state = 'dropping', wish = null, by = $3
           where name = $1 and generation = $2`,
          [name, previous.generation, by],
        );
        return previous;
      }),
    requestVerify: (name, { sample }, by) =>
      named(name, async (client) => {
        const { rows } = await client.query<{ id: string }>(
          'insert into projections.verifications (name, sample, by) values ($1, $2, $3) returning id',
          [name, sample ?? null, by],
        );
        return rows[0]?.id ?? '';
      }),
  };
}

function previousOf(name: string, of: (state: Generation['state']) => Generation | undefined): Generation {
  const previous = of('previous');
  if (previous) return previous;
  throw new NotPossible(
    `${name} has no previous generation: it was dropped, or ${name} was not rebuilt. Build it anew (souk projections rebuild)`,
  );
}

/** Of another version nobody may be able to bring it level. */
async function assertKept(client: pg.ClientBase, previous: Generation, version: number | undefined): Promise<void> {
  if (previous.version === version) return;
  const { name, generation } = previous;
  const lane = (await readLeases(client)).find((row) => row.name === name && row.generation === generation);
  const keepers = await readKeepers(client);
  if (lane && keepers.some(({ runs }) => runs.includes(codeOf(lane)))) return;
  throw new NotPossible(
    `the previous generation of ${name} is of version ${previous.version}, and nobody here has the code to bring ` +
      'it up to date: start a Souk of that version beside this one, then ask again',
  );
}

async function assertUnread(client: pg.ClientBase, name: string): Promise<void> {
  const { rows } = await client.query<{ left: number }>(
    `select ceil(extract(epoch from live_since + make_interval(secs => $2) - now()))::int as left
     from projections.generations where name = $1 and state = 'live'`,
    [name, KEEP_PREVIOUS_S],
  );
  const left = rows[0]?.left ?? 0;
  if (left > 0) {
    throw new NotPossible(`reads that began before the swap may still be under way: ask again in ${left} s`);
  }
}
