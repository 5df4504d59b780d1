/** What is parked as people see it, and what they wish for it: to be tried again, or left out. */
import type { Position } from '../../event-store/port.ts';
import type { Reader } from '../read.ts';
import { isNotMade } from './not-made.ts';

/** What is wished for a parked event: to be tried again, or to be left out for good. */
export type ParkedWish = 'retry' | 'skip';

/** The first event of a key that could not be applied; `waiting` more of the key stand behind it. */
export type ParkedItem = {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
  readonly lane: number;
  /** Of the row; `stream:…` where it cannot be told which row an event is of. */
  readonly key: string;
  readonly position: Position;
  /** Null where a derived model could not be built. */
  readonly eventId: string | null;
  readonly type: string | null;
  readonly stream: string | null;
  readonly error: string;
  readonly stack: string | null;
  /** How often it was tried. */
  readonly attempts: number;
  /** RFC 3339. */
  readonly parkedAt: string;
  readonly waiting: number;
  /** What is about to be done with it. */
  readonly wish: ParkedWish | null;
};

const ITEMS = `select p.id, p.name, p.generation, p.lane, p.key, p.position, p.event_id as "eventId", p.type, p.stream,
    p.error, p.stack, p.attempts, p.parked_at, p.wish,
    (select count(*)::int - 1 from projections.parked w
      where w.name = p.name and w.generation = p.generation and w.lane = p.lane and w.key = p.key) as waiting
  from projections.parked p where p.error is not null`;

type ItemRow = Omit<ParkedItem, 'parkedAt'> & { readonly parked_at: Date };

/** What is parked, the first of each key, oldest first; `after`: the id of the last one of the page before. */
export async function listParked(
  reader: Reader,
  {
    name,
    after,
    limit,
  }: { readonly name?: string | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<readonly ParkedItem[]> {
  return items(
    reader,
    `${ITEMS} and ($1::text is null or p.name = $1) and ($2::uuid is null or p.id > $2) order by p.id limit $3`,
    [name ?? null, after ?? null, limit],
  );
}

/** One of them; undefined where it is not parked (any more). */
export async function findParked(reader: Reader, id: string): Promise<ParkedItem | undefined> {
  if (!isUuid(id)) return undefined;
  return (await items(reader, `${ITEMS} and p.id = $1`, [id]))[0];
}

/**
 * Notes what is wished; whoever keeps the lane carries it out within a second or so, in every generation that has parked the
 * event for the key. A wish replaces the one before. `unknown`: it is not parked (any more).
 */
export async function wishParked(
  reader: Reader,
  id: string,
  { wish, reason, by }: { readonly wish: ParkedWish; readonly reason?: string | undefined; readonly by: string },
): Promise<'noted' | 'unknown'> {
  if (!isUuid(id)) return 'unknown';
  const { rowCount } = await reader
    .query(
      `update projections.parked p set wish = $2, wish_reason = $3, wish_by = $4
       from projections.parked one
       where one.id = $1 and p.name = one.name and p.key = one.key and p.position = one.position and p.error is not null`,
      [id, wish, reason ?? null, by],
    )
    .catch(none);
  return rowCount ? 'noted' : 'unknown';
}

/** What became of a wish: nothing yet, all of the key is in its row, or what is the first of it now. */
export async function outcomeOf(
  reader: Reader,
  { name, generation, lane, key }: Pick<ParkedItem, 'name' | 'generation' | 'lane' | 'key'>,
): Promise<'waiting' | 'level' | ParkedItem> {
  const { rows } = await reader.query<{ id: string; isFirst: boolean; wished: boolean }>(
    `select id, error is not null as "isFirst", wish is not null as wished from projections.parked
     where name = $1 and generation = $2 and lane = $3 and key = $4 order by position limit 1`,
    [name, generation, lane, key],
  );
  const [first] = rows;
  if (!first) return 'level';
  return first.isFirst && !first.wished ? ((await findParked(reader, first.id)) ?? 'waiting') : 'waiting';
}

async function items(reader: Reader, text: string, values: readonly unknown[]): Promise<readonly ParkedItem[]> {
  const { rows } = await reader.query<ItemRow>(text, [...values]).catch(none);
  return rows.map(({ parked_at, ...row }) => ({ ...row, parkedAt: parked_at.toISOString() }));
}

/** Where there is no table nothing is parked. */
function none(error: unknown): { readonly rows: never[]; readonly rowCount: number } {
  if (isNotMade(error)) return { rows: [], rowCount: 0 };
  throw error;
}

function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}
