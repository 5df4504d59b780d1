/** What is to be looked at, and when: a projection of the log that may be deleted and is then built again. */
import type pg from 'pg';
import type { Instant } from '../../domain/decider.ts';
import type { Database } from '../../platform/postgres/database.ts';

export type Due = { readonly process: string; readonly key: string };

/** A row in hand: whoever has not the latest epoch has lost it. */
export type Claimed = Due & {
  readonly epoch: number;
  /** How often events named it: one more than at the claim, and there may be more to do. */
  readonly touched: number;
  /** Failures in a row. */
  readonly attempts: number;
};

export type ProcessStatus = {
  readonly process: string;
  /** Keys whose time has come. */
  readonly due: number;
  /** Seconds that the oldest of them has been due; 0 for none. */
  readonly oldestOverdueS: number;
  /** Keys whose last run failed. */
  readonly failing: number;
  /** Why one of them failed. */
  readonly lastError: string | null;
};

// A row in somebody's hands is marked and gets a time of its own: they see at the end that it was touched, and leave it due.
// Sorted, so that two feeders at once do not wait for each other in a circle.
const TOUCH = `
  insert into processes.due as d (process, key, due_at)
  select t.process, t.key, now() + $3 * interval '1 millisecond'
  from unnest($1::text[], $2::text[]) as t (process, key)
  order by t.process, t.key
  on conflict (process, key) do update
  set touched = d.touched + 1,
    due_at = case when d.lease_until > now() then excluded.due_at else least(d.due_at, excluded.due_at) end`;

/** Has keys looked at after `delayMs`, or earlier where they were due earlier. */
export async function touch(client: pg.ClientBase, keys: readonly Due[], delayMs: number): Promise<void> {
  if (keys.length === 0) return;
  await client.query(TOUCH, [keys.map(({ process }) => process), keys.map(({ key }) => key), delayMs]);
}

// `skip locked`: runners that claim at the same moment take different rows instead of queueing for the same ones.
const CLAIM = `
  update processes.due d
  set lease_owner = $1, lease_until = now() + $2 * interval '1 millisecond', epoch = d.epoch + 1
  from (
    select process, key from processes.due
    where process = any ($3::text[]) and due_at <= now() and (lease_until is null or lease_until < now())
    order by due_at limit $4 for update skip locked
  ) c
  where d.process = c.process and d.key = c.key
  returning d.process, d.key, d.epoch, d.touched, d.attempts`;

/** Takes up to `limit` due rows in hand; the database's clock decides. */
export async function claim(
  database: Database,
  options: { owner: string; leaseMs: number; processes: readonly string[]; limit: number },
): Promise<readonly Claimed[]> {
  const { owner, leaseMs, processes, limit } = options;
  const { rows } = await database.pool.query<Claimed>(CLAIM, [owner, leaseMs, processes, limit]);
  return rows;
}

export type Finished = { readonly row: Claimed; readonly wakeAt: Instant | null };

// What was finished, joined to the rows still in our hands.
const MINE = `unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::timestamptz[])
    as f (process, key, epoch, touched, wake_at)
  where d.process = f.process and d.key = f.key and d.epoch = f.epoch`;
// Untouched and nothing to wait for: gone. Otherwise the lease ends; a touched row keeps the time its event gave it.
const FORGET = `delete from processes.due d using ${MINE} and f.wake_at is null and d.touched = f.touched`;
const KEEP = `
  update processes.due d
  set lease_owner = null, lease_until = null, attempts = 0, last_error = null,
    due_at = case when d.touched = f.touched then coalesce(f.wake_at, d.due_at) else least(d.due_at, f.wake_at) end
  from ${MINE}`;

/** After good runs: looked at again at `wakeAt`, or not at all, unless an event came meanwhile. Two statements for all. */
export async function finish(database: Database, finished: readonly Finished[]): Promise<void> {
  if (finished.length === 0) return;
  const rows = finished.map(({ row }) => row);
  const columns = [
    rows.map(({ process }) => process),
    rows.map(({ key }) => key),
    rows.map(({ epoch }) => epoch),
    rows.map(({ touched }) => touched),
    finished.map(({ wakeAt }) => wakeAt),
  ];
  await database.pool.query(FORGET, columns);
  await database.pool.query(KEEP, columns);
}

const POSTPONE = `
  update processes.due
  set lease_owner = null, lease_until = null, attempts = attempts + 1, last_error = $4,
    due_at = now() + $5 * interval '1 millisecond'
  where process = $1 and key = $2 and epoch = $3`;

/** After a failed run: again after a pause, for as long as it takes. */
export async function postpone(database: Database, row: Claimed, failure: { error: string; pauseMs: number }) {
  await database.pool.query(POSTPONE, [row.process, row.key, row.epoch, failure.error, failure.pauseMs]);
}

// Without the rows whose time is to come: of guests' carts there are as many as were opened in weeks.
const STATUS = `
  select process, count(*) filter (where due_at <= now()) as due,
    coalesce(extract(epoch from now() - min(due_at) filter (where due_at <= now())), 0)::float8 as "oldestOverdueS",
    count(*) filter (where attempts > 0) as failing, max(last_error) as "lastError"
  from processes.due where due_at <= now() or attempts > 0 group by process order by process`;

/** How the processes stand; one that has nothing to do at the moment is not listed. */
export async function processStatus(database: Database): Promise<readonly ProcessStatus[]> {
  const { rows } = await database.pool.query<ProcessStatus>(STATUS);
  return rows;
}
