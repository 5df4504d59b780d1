/** What is wrong with a row, column by column, and the events that should have made it. */
import type { Position } from '../../../event-store/port.ts';
import { scanLog } from '../../../event-store/scan.ts';
import type { Reader } from '../../read.ts';
import { openEvents } from '../decode.ts';
import type { ScratchContext } from '../scratch.ts';
import { tableOf } from '../table.ts';
import type { ProjectedEvent } from '../types.ts';
import type { Sides, Unequal } from './copies.ts';

export type DifferentColumn = { readonly column: string; readonly live: unknown; readonly expected: unknown };

export type Difference = {
  readonly key: string;
  /** `changed`: it is not what the log makes; `missing`: it should be there; `extra`: it should not. */
  readonly kind: 'changed' | 'missing' | 'extra';
  /** Empty where the row was written again since it was compared, and is right now. */
  readonly columns: readonly DifferentColumn[];
  /** Those that should have made it, in order; the last of many. */
  readonly events: readonly Pick<ProjectedEvent, 'position' | 'stream' | 'revision' | 'type' | 'metadata'>[];
};

const EVENTS_OF_A_ROW = 50;

/** Describes the rows as they are now beside what the log makes of them up to `upTo`. */
export async function describeDifferences(
  context: Pick<ScratchContext, 'pool' | 'log' | 'keys'>,
  sides: Sides,
  { unequal, upTo }: { readonly unequal: readonly Unequal[]; readonly upTo: Position },
): Promise<readonly Difference[]> {
  if (unequal.length === 0) return [];
  const keys = unequal.map(({ key }) => key);
  const live = await rowsOf(context.pool, sides, { schema: sides.live.schema, keys });
  const expected = await rowsOf(context.pool, sides, { schema: sides.scratch.schema, keys });
  const events = await eventsOf(context, sides, { keys: new Set(keys), upTo });
  return unequal.map(({ key, live: was, expected: should }) => ({
    key,
    kind: was === null ? 'missing' : should === null ? 'extra' : 'changed',
    columns: columnsOf(live.get(key), expected.get(key)),
    events: events.get(key) ?? [],
  }));
}

type Json = Readonly<Record<string, unknown>>;

async function rowsOf(
  reader: Reader,
  { projection }: Sides,
  { schema, keys }: { readonly schema: string; readonly keys: readonly string[] },
): Promise<ReadonlyMap<string, Json>> {
  const { rows } = await reader.query<{ key: string; row: Json }>(
    `select ${projection.keyColumn} as key, to_jsonb(t) as row from ${tableOf(projection, schema)} t
     where ${projection.keyColumn} = any($1)`,
    [keys],
  );
  return new Map(rows.map(({ key, row }) => [key, row]));
}

function columnsOf(live: Json = {}, expected: Json = {}): readonly DifferentColumn[] {
  const columns = new Set([...Object.keys(expected), ...Object.keys(live)]);
  return [...columns].flatMap((column) => {
    const [is, should] = [live[column] ?? null, expected[column] ?? null];
    return JSON.stringify(is) === JSON.stringify(should) ? [] : [{ column, live: is, expected: should }];
  });
}

async function eventsOf(
  { log, keys: persons }: Pick<ScratchContext, 'log' | 'keys'>,
  { projection }: Sides,
  { keys, upTo }: { readonly keys: ReadonlySet<string>; readonly upTo: Position },
): Promise<ReadonlyMap<string, Difference['events']>> {
  const found = new Map<string, Difference['events'][number][]>();
  for await (const page of scanLog(log, { after: null, upTo, filter: { types: projection.wants } })) {
    for (const { event, error } of await openEvents(page, persons)) {
      if (error) continue;
      for (const key of projection.keys(event).filter((key) => keys.has(key))) {
        const { position, stream, revision, type, metadata } = event;
        const own = found.get(key) ?? [];
        found.set(key, [...own.slice(-EVENTS_OF_A_ROW + 1), { position, stream, revision, type, metadata }]);
      }
    }
  }
  return found;
}
