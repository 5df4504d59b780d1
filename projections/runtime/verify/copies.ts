/** What the rows of a generation were at known places of the log: their hashes, copied range by range while it goes on. */
import type pg from 'pg';
import type { Position } from '../../../event-store/port.ts';
import type { Reader } from '../../read.ts';
import type { Generation } from '../generations.ts';
import { tableOf } from '../table.ts';
import type { Projection } from '../types.ts';

/** Rows of one range: copied, or compared, in a fraction of a second, as long snapshots hold up the log's database. */
const RANGE = 10_000;

/** One range of keys, and where each lane stood at the very moment its rows were copied. */
export type CopiedRange = {
  readonly number: number;
  /** Exclusive; null: from the first. */
  readonly after: string | null;
  /** Inclusive; null: to the last, also of what is not among the live rows. */
  readonly upTo: string | null;
  readonly rows: number;
  readonly places: ReadonlyMap<number, Position | null>;
};

/** One row that is not as it should be, by its hashes; null: it is not there. */
export type Unequal = { readonly key: string; readonly live: string | null; readonly expected: string | null };

/** Where copies are kept: beside the rows they are compared with. */
export const COPIES =
  'create table verify_copies (range integer not null, key text collate "C" not null, hash text not null)';

export type Sides = { readonly projection: Projection; readonly live: Generation; readonly scratch: Generation };

/** Copies all rows, or a number of them chosen at random. */
export async function copyRows(
  pool: pg.Pool,
  sides: Sides,
  sample: number | undefined,
): Promise<readonly CopiedRange[]> {
  if (sample !== undefined) return [await copyRange(pool, sides, { number: 0, after: null, sample })];
  const ranges: CopiedRange[] = [];
  for (let after: string | null = null; ; ) {
    const range: CopiedRange = await copyRange(pool, sides, { number: ranges.length, after });
    ranges.push(range);
    if (range.upTo === null) return ranges;
    after = range.upTo;
  }
}

type Part = { readonly number: number; readonly after: string | null; readonly sample?: number };

/** One statement, thus one snapshot: rows and checkpoints are committed together, so each row is exactly of its lane's place. */
async function copyRange(pool: pg.Pool, { projection, live, scratch }: Sides, part: Part): Promise<CopiedRange> {
  const { keyColumn } = projection;
  const limit = part.sample ?? RANGE;
  const order = part.sample === undefined ? keyColumn : `md5(${keyColumn} || now()::text)`;
  const { rows } = await pool.query<{ last: string | null; copied: number; places: Places | null }>(
    `with chosen as (
       select ${keyColumn} as key, md5(t::text) as hash from ${tableOf(projection, live.schema)} t
       where $1::text is null or ${keyColumn} > $1 order by ${order} limit $3
     ), copied as (
       insert into ${scratch.schema}.verify_copies (range, key, hash) select $2::int, key, hash from chosen returning key
     )
     select (select max(key) from copied) as last, (select count(*)::int from copied) as copied,
       (select json_agg(json_build_array(lane, position)) from projections.checkpoints
        where name = $4 and generation = $5) as places`,
    [part.after, part.number, limit, live.name, live.generation],
  );
  const found = rows[0];
  if (!found?.places) throw new Error(`generation ${live.generation} of ${live.name} was dropped meanwhile`);
  const { copied, last } = found;
  const upTo = part.sample === undefined && copied === limit ? last : null;
  return { number: part.number, after: part.after, upTo, rows: copied, places: new Map(found.places) };
}

type Places = [number, Position | null][];

/** The rows of a range that differ, while the scratch rows stand exactly where that range was copied. */
export async function compareRange(
  reader: Reader,
  { projection, scratch }: Sides,
  { number, after, upTo }: CopiedRange,
): Promise<readonly Unequal[]> {
  const { keyColumn } = projection;
  const { rows } = await reader.query<Unequal>(
    `select key, c.hash as live, s.hash as expected
     from (select key, hash from ${scratch.schema}.verify_copies where range = $1) c
     full join (
       select ${keyColumn} as key, md5(t::text) as hash from ${tableOf(projection, scratch.schema)} t
       where ($2::text is null or ${keyColumn} > $2) and ($3::text is null or ${keyColumn} <= $3)
     ) s using (key)
     where c.hash is distinct from s.hash order by key`,
    [number, after, upTo],
  );
  return rows;
}

/** The keys that were copied. */
export async function copiedKeys(reader: Reader, { scratch }: Sides): Promise<ReadonlySet<string>> {
  const { rows } = await reader.query<{ key: string }>(`select key from ${scratch.schema}.verify_copies`);
  return new Set(rows.map(({ key }) => key));
}
