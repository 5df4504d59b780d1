/** Leases on checkpoints: which process moves which. The database's clock decides, and an epoch that every write checks. */
import type { Reader } from '../read.ts';
import type { CheckpointRow } from './checkpoints.ts';
import type { Generation, GenerationModel } from './generations.ts';

/** A checkpoint that this process may move as long as its epoch is the latest. */
export type Lease = { readonly generation: Generation; readonly lane: number; readonly epoch: number };

/** A process that keeps read models, as others see it. */
export type KeeperRow = {
  readonly keeper: string;
  /** What it has the code for, as `codeOf` says it. */
  readonly runs: readonly string[];
  /** It leaves the work to others that are there. */
  readonly yields: boolean;
};

/** A checkpoint with what decides on who may move it. */
export type LeaseRow = CheckpointRow & {
  readonly schema: string;
  readonly keeper: string | null;
  readonly paused: boolean;
  /** Whether its keeper is alive. */
  readonly kept: boolean;
  /** `live`: it is to be swapped in. */
  readonly wish: 'live' | null;
  /** Why it is not swapped in. */
  readonly note: string | null;
};

/** What a process must have the code for to fill a generation. */
export function codeOf({ name, version, lanes }: Pick<GenerationModel, 'name' | 'version' | 'lanes'>): string {
  return `${name}/${version}/${lanes}`;
}

/** Its time is not up yet: of a keeper `k`, for SQL. It may answer from memory till then, whatever became of its connection. */
export const IN_TIME = `k.alive_until > clock_timestamp()`;

/**
 * A keeper lives until its time is up, or until its connection is gone: the server notices at once when a process dies. A
 * process that is only held up keeps its connections, and its time runs out. Of a keeper `k`, for SQL.
 */
export const LIVES = `${IN_TIME} and exists (select from pg_stat_get_activity(k.backend_pid))`;

/** Says that this process is there, for `leaseMs` from now on, and which generations it knows of. */
export async function renewKeeper(
  reader: Reader,
  keeper: KeeperRow & { readonly owner: string },
  { leaseMs, seen }: { readonly leaseMs: number; readonly seen: readonly LeaseRow[] },
): Promise<void> {
  await reader.query({
    name: 'renew-keeper',
    text: `insert into projections.keepers as k (keeper, owner, runs, yields, backend_pid, seen, alive_until)
      values ($1, $2, $3, $4, pg_backend_pid(), $6, clock_timestamp() + make_interval(secs => $5))
      on conflict (keeper) do update set backend_pid = excluded.backend_pid, seen = excluded.seen,
        alive_until = excluded.alive_until`,
    values: [
      keeper.keeper,
      keeper.owner,
      keeper.runs,
      keeper.yields,
      leaseMs / 1_000,
      [...new Set(seen.map(generationOf))],
    ],
  });
}

/** This process keeps nothing any more; with it go those that died long ago. */
export async function forgetKeeper(reader: Reader, keeper: string): Promise<void> {
  await reader.query(
    `delete from projections.keepers where keeper = $1 or alive_until < clock_timestamp() - interval '1 hour'`,
    [keeper],
  );
}

/** Those that live. */
export async function readKeepers(reader: Reader): Promise<readonly KeeperRow[]> {
  const { rows } = await reader.query<KeeperRow>({
    name: 'living-keepers',
    text: `select keeper, runs, yields from projections.keepers k where ${LIVES}`,
  });
  return rows;
}

/** Checkpoints of all generations. */
export async function readLeases(reader: Reader): Promise<readonly LeaseRow[]> {
  const { rows } = await reader.query<LeaseRow>({
    name: 'read-leases',
    text: `select c.*, g.state, g.wish, g.note, g.schema_name as schema, exists (select from projections.paused p where p.name = c.name) as paused,
        exists (select from projections.keepers k where k.keeper = c.keeper and ${LIVES}) as kept
      from projections.checkpoints c join projections.generations g using (name, generation)
      order by c.name, c.generation, c.lane`,
  });
  return rows;
}

/**
 * Takes those of the checkpoints that nobody alive holds, and those that are this process's already, under a new epoch.
 * Returns what was taken. What another process is about to write is left out: it can be had the next time.
 */
export async function claimLeases(
  reader: Reader,
  wanted: readonly LeaseRow[],
  by: { readonly keeper: string; readonly owner: string },
): Promise<readonly LeaseRow[]> {
  if (wanted.length === 0) return [];
  const { rows } = await reader.query<CheckpointRow & { readonly keeper: string }>(
    `with wanted as (
        select c.name, c.generation, c.lane from projections.checkpoints c
        join unnest($1::text[], $2::int[], $3::int[]) u (name, generation, lane) using (name, generation, lane)
        where c.keeper is null or c.keeper = $4
          or not exists (select from projections.keepers k where k.keeper = c.keeper and ${LIVES})
        order by c.name, c.generation, c.lane for update of c skip locked
      )
      update projections.checkpoints c set keeper = $4, owner = $5, owner_epoch = c.owner_epoch + 1
      from wanted w where c.name = w.name and c.generation = w.generation and c.lane = w.lane
      returning c.*`,
    [...keysOf(wanted), by.keeper, by.owner],
  );
  return wanted.flatMap((row) => {
    const taken = rows.find((each) => placeOf(each) === placeOf(row));
    return taken ? [{ ...row, ...taken }] : [];
  });
}

/** Gives leases up, so that others need not wait until they run out. */
export async function releaseLeases(
  reader: Reader,
  leases: readonly Pick<LeaseRow, 'name' | 'generation' | 'lane' | 'owner_epoch'>[],
): Promise<void> {
  if (leases.length === 0) return;
  await reader.query(
    `with mine as (
        select c.name, c.generation, c.lane from projections.checkpoints c
        join unnest($1::text[], $2::int[], $3::int[], $4::int[]) u (name, generation, lane, epoch)
          on c.name = u.name and c.generation = u.generation and c.lane = u.lane and c.owner_epoch = u.epoch
        order by c.name, c.generation, c.lane for update of c
      )
      update projections.checkpoints c set keeper = null, owner = null
      from mine where c.name = mine.name and c.generation = mine.generation and c.lane = mine.lane`,
    [...keysOf(leases), leases.map((row) => row.owner_epoch)],
  );
}

/** What is to be done about leases; `held` are this process's. */
export type Division = { readonly release: readonly LeaseRow[]; readonly claim: readonly LeaseRow[] };

/**
 * Who takes what, so that living processes share the work evenly. Each decides for itself on what it sees; when they saw
 * different things, the next look puts it right. Pure. `held`: whether this process has a row's lease in hand.
 */
export function divideLeases(
  me: KeeperRow,
  seen: { readonly keepers: readonly KeeperRow[]; readonly rows: readonly LeaseRow[] },
  held: (row: LeaseRow) => boolean,
): Division {
  const alive = new Set(seen.keepers.map(({ keeper }) => keeper));
  const others = seen.keepers.filter(({ keeper }) => keeper !== me.keeper);
  let share = 0;
  const release: LeaseRow[] = [];
  const [mine, free]: [LeaseRow[], LeaseRow[]] = [[], []];
  for (const row of seen.rows) {
    const rivals = isRun(row) && me.runs.includes(codeOf(row)) ? rivalsFor(row, me, others) : undefined;
    if (rivals !== undefined) share += 1 / (rivals + 1);
    if (row.keeper === me.keeper) (rivals === undefined ? release : mine).push(row);
    else if (rivals !== undefined && (row.keeper === null || !alive.has(row.keeper))) free.push(row);
  }
  // Sums of fractions end a little beside whole numbers.
  const most = Math.ceil(share - 1e-6);
  const kept = mine.slice(0, most);
  const generations = new Set(kept.map(generationOf));
  // Lanes of one generation in one process: its readers need not ask the database how far they are.
  const beside = (row: LeaseRow) => (generations.has(generationOf(row)) ? 0 : 1);
  const wanted = [...free].sort((a, b) => beside(a) - beside(b)).slice(0, most - kept.length);
  return {
    release: [...release, ...mine.slice(most)],
    claim: [...kept.filter((row) => !held(row)), ...wanted],
  };
}

function isRun({ state, paused }: LeaseRow): boolean {
  return !paused && (state === 'live' || state === 'building' || state === 'previous');
}

/** How many others share a row; undefined where this process leaves it to them. */
function rivalsFor(row: LeaseRow, me: KeeperRow, others: readonly KeeperRow[]): number | undefined {
  const able = others.filter(({ runs }) => runs.includes(codeOf(row)));
  const firm = able.filter(({ yields }) => !yields);
  if (!me.yields) return firm.length;
  return firm.length > 0 ? undefined : able.length;
}

/** Names a checkpoint. */
export function placeOf({ name, generation, lane }: Pick<LeaseRow, 'name' | 'generation' | 'lane'>): string {
  return `${generationOf({ name, generation })}/${lane}`;
}

/** Names a generation. */
export function generationOf({ name, generation }: Pick<LeaseRow, 'name' | 'generation'>): string {
  return `${name}/${generation}`;
}

function keysOf(rows: readonly Pick<LeaseRow, 'name' | 'generation' | 'lane'>[]): [string[], number[], number[]] {
  return [rows.map(({ name }) => name), rows.map(({ generation }) => generation), rows.map(({ lane }) => lane)];
}
