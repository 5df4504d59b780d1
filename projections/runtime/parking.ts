/** Events that could not be applied, parked by the key of their row, as those who keep and read the rows need them. */
import type { Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import type { Reader } from '../read.ts';
import type { ToPark } from './fold.ts';
import type { Lane } from './lanes.ts';
import type { ParkedWish } from './parked-items.ts';

/** A parked event as its lane's owner reads it. */
export type Entry = {
  readonly id: string;
  readonly key: string;
  readonly position: Position;
  readonly wish: ParkedWish | null;
  readonly eventId: string;
  readonly type: string;
  readonly stream: string;
  readonly correlationId: string;
};

/** What of an event is known without the log. */
export function eventOf({ position, eventId, type, stream, correlationId }: Entry) {
  return { position, id: eventId, type, stream, metadata: { $correlationId: correlationId } };
}

/** Reads which keys have something parked, of lanes of which it is not known since they were taken. Returns those lanes. */
export async function readParked(reader: Reader, lanes: readonly Lane[]): Promise<readonly Lane[]> {
  const unknown = lanes.filter((lane) => lane.parked === undefined);
  if (unknown.length === 0) return unknown;
  const { rows } = await reader.query<LaneRow & { readonly key: string; readonly events: number }>(
    `select name, generation, lane, key, count(*)::int as events from projections.parked group by 1, 2, 3, 4`,
  );
  for (const lane of unknown) {
    const mine = rows.filter((row) => isOf(row, lane));
    lane.parked = new Map(mine.map((row) => [row.key, row.events]));
  }
  return unknown;
}

/** What a lane has parked for some keys, in the order of the log. */
export async function readEntries(
  reader: Reader,
  { projection, generation, lane }: Lane,
  from: { readonly keys: ReadonlySet<string>; readonly after: Entry | undefined; readonly limit: number | null },
): Promise<readonly Entry[]> {
  const { rows } = await reader.query<Entry>(
    `select id, key, position, wish, event_id as "eventId", type, stream, correlation_id as "correlationId"
     from projections.parked
     where name = $1 and generation = $2 and lane = $3 and key = any($4) and (position, key) > ($5, $6)
     order by position, key limit $7`,
    [
      projection.name,
      generation.generation,
      lane,
      [...from.keys],
      from.after?.position ?? '',
      from.after?.key ?? '',
      from.limit,
    ],
  );
  return rows;
}

/** Keys of lanes for whose first event something is wished. */
export async function readWished(
  reader: Reader,
  lanes: readonly Lane[],
): Promise<ReadonlyMap<Lane, ReadonlySet<string>>> {
  const { rows } = await reader.query<LaneRow & { readonly key: string }>(
    'select name, generation, lane, key from projections.parked where wish is not null',
  );
  const wished = lanes.map(
    (lane) => [lane, new Set(rows.filter((row) => isOf(row, lane)).map(({ key }) => key))] as const,
  );
  return new Map(wished.filter(([, keys]) => keys.size > 0));
}

/** What is parked of a derived model, and what is wished for each. */
export async function readWishes(
  reader: Reader,
  { name, generation }: { readonly name: string; readonly generation: number },
): Promise<readonly Pick<Entry, 'id' | 'key' | 'wish'>[]> {
  const { rows } = await reader.query<Pick<Entry, 'id' | 'key' | 'wish'>>(
    'select id, key, wish from projections.parked where name = $1 and generation = $2 order by id',
    [name, generation],
  );
  return rows;
}

/** What holds up a reader. */
export type ParkedKey = { readonly projection: string; readonly key: string; readonly id: string };

/**
 * What is parked, in the generations that are read, of what a reader waits for: the event at the position, or one before it
 * that came of the same request.
 */
export async function parkedFor(
  reader: Reader,
  names: readonly string[],
  { position, correlationId }: { readonly position: Position; readonly correlationId: string | undefined },
): Promise<ParkedKey | undefined> {
  const { rows } = await reader.query<ParkedKey>(
    `select p.name as projection, p.key, first.id from projections.parked p
     join projections.generations g on g.name = p.name and g.generation = p.generation and g.state = 'live'
     join projections.parked first on first.name = p.name and first.generation = p.generation and first.lane = p.lane
       and first.key = p.key and first.error is not null
     where p.name = any($1) and (p.position = $2 or (p.correlation_id = $3 and p.position < $2))
     order by p.position limit 1`,
    [names, position, correlationId ?? null],
  );
  return rows[0];
}

/**
 * How many keys wait in a generation that do not, or for less, in the live one of its name: whoever reads would lose them.
 * What stands behind a parked event of the live one waits there too, or will.
 */
export async function newlyParked(
  reader: Reader,
  { name, generation }: { readonly name: string; readonly generation: number },
): Promise<number> {
  const { rows } = await reader.query<{ keys: number }>(
    `select count(*)::int as keys from projections.parked p where p.name = $1 and p.generation = $2 and p.error is not null
       and not exists (
         select from projections.parked o join projections.generations g using (name, generation)
         where o.name = $1 and g.state = 'live' and o.key = p.key and (o.position <= p.position or p.event_id is null)
       )`,
    [name, generation],
  );
  return rows[0]?.keys ?? 0;
}

/** Of what failed, what was skipped before: a rebuild leaves it out again, without asking. */
export async function skippedOf(reader: Reader, lane: Lane, failed: readonly ToPark[]): Promise<readonly ToPark[]> {
  if (failed.length === 0) return [];
  // By its id: in a log it was copied to it stands elsewhere.
  const { rows } = await reader.query<Pick<ToPark, 'key' | 'id'>>(
    'select key, event_id as id from projections.skipped where name = $1 and event_id = any($2)',
    [lane.projection.name, failed.map(({ id }) => id)],
  );
  return failed.filter(({ key, id }) => rows.some((row) => row.key === key && row.id === id));
}

/** Whether two are of the same event for the same key. */
export function isSame(a: Pick<ToPark, 'key' | 'position'>, b: Pick<ToPark, 'key' | 'position'>): boolean {
  return a.key === b.key && a.position === b.position;
}

const PARK = `insert into projections.parked
    (id, name, generation, lane, key, position, event_id, type, stream, correlation_id, error, stack, attempts, wish)
  select p.id, $1, $12, $2, p.key, p.position, p.event_id, p.type, p.stream, p.correlation_id, p.error, p.stack,
    p.attempts, p.wish
  from json_to_recordset($14::json) as p (id uuid, key text, position text, event_id text, type text, stream text,
    correlation_id text, error text, stack text, attempts integer, wish text)
  where exists (select from moved)
  on conflict (name, generation, lane, key, position) do update set error = excluded.error, stack = excluded.stack,
    attempts = parked.attempts + excluded.attempts,
    -- A wish that came meanwhile stays to be carried out.
    wish = nullif(parked.wish, excluded.wish)`;

const SKIP = `insert into projections.skipped
    (name, key, position, event_id, type, stream, error, reason, skipped_by)
  select name, key, position, event_id, type, stream, error, coalesce(wish_reason, ''), coalesce(wish_by, '')
  from projections.parked where id = any($16::uuid[]) and exists (select from moved)
  on conflict do nothing`;

// From where the rows tell again what changed. Who builds from them meanwhile may have read them before: he finds out before
// his next write. Generations that nobody reads nobody builds from.
const setBack = (table: string) => `update projections.checkpoints c set owner_epoch = c.owner_epoch + 1,
    position = case when c.position >= $17 then (select max(position) from ${table} where position < $17) else c.position end
  where c.name = any($18::text[]) and $17::text is not null and exists (select from moved)
    and exists (select from projections.generations where name = $1 and generation = $12 and state = 'live')`;

/** What the apply statement does besides, where something is parked or was: $13 to $18 are `parkingOf`'s values. */
export const parkingParts = (table: string) => ({
  set: ', parked = $13',
  parts: `, parked as (${PARK}
    ), skipped as (${SKIP}
    ), unparked as (
      delete from projections.parked where id = any($15::uuid[]) and exists (select from moved)
    ), set_back as (${setBack(table)}
    )`,
});

/** What is written of parked events with a batch, and what the lane then knows; undefined where nothing is. */
export function parkingOf(
  { parked: before = new Map() }: Pick<Lane, 'parked'>,
  batch: {
    readonly parked: readonly ToPark[];
    readonly entries: readonly Entry[];
    readonly tries: number;
    /** Where the first row stands that comes late. */
    readonly late: Position | null;
    /** Names of what is built from the rows. */
    readonly built: readonly string[];
  },
): { readonly after: ReadonlyMap<string, number>; readonly values: readonly unknown[] } | undefined {
  const { parked, entries, tries, late, built } = batch;
  if (parked.length === 0 && entries.length === 0 && late === null) return undefined;
  const known = new Map(entries.map((entry) => [`${entry.position} ${entry.key}`, entry]));
  const entryOf = ({ key, position }: ToPark) => known.get(`${position} ${key}`);
  const still = new Set(parked.flatMap((one) => entryOf(one)?.id ?? []));
  const gone = entries.filter(({ id }) => !still.has(id));
  const added = parked.filter((one) => entryOf(one) === undefined);
  const after = new Map(before);
  for (const { key } of added) after.set(key, (after.get(key) ?? 0) + 1);
  for (const { key } of gone) after.set(key, (after.get(key) ?? 0) - 1);
  for (const [key, events] of after) if (events === 0) after.delete(key);
  // Those that wait already go on waiting.
  const rows = parked
    .filter((one) => one.error !== undefined || entryOf(one) === undefined)
    .map((one) => rowOf(one, { tries, wish: entryOf(one)?.wish ?? null }));
  const skipped = gone.filter(({ wish }) => wish === 'skip').map(({ id }) => id);
  const ids = gone.map(({ id }) => id);
  return { after, values: [countOf(after), JSON.stringify(rows), ids, skipped, late, built] };
}

/** How many events a lane has parked. */
export function countOf(parked: ReadonlyMap<string, number>): number {
  return [...parked.values()].reduce((sum, events) => sum + events, 0);
}

function rowOf(one: ToPark, { tries, wish }: { readonly tries: number; readonly wish: ParkedWish | null }) {
  return {
    id: newId(),
    key: one.key,
    position: one.position,
    event_id: one.id,
    type: one.type,
    stream: one.stream,
    correlation_id: one.correlationId,
    error: one.error ? storable(one.error.message || one.error.name, 2_000) : null,
    stack: one.error?.stack ? storable(one.error.stack, 8_000) : null,
    attempts: one.error ? tries : 0,
    wish,
  };
}

/** Text that Postgres takes: an error may quote what it refused. */
export function storable(text: string, length: number): string {
  return Buffer.from(text.slice(0, length)).toString().replaceAll('\u0000', '');
}

type LaneRow = { readonly name: string; readonly generation: number; readonly lane: number };

function isOf(row: LaneRow, lane: Lane): boolean {
  return row.lane === lane.lane && row.name === lane.projection.name && row.generation === lane.generation.generation;
}
