/**
 * A map from UUIDs that changes cheaply: a tree over the last three digits of the id, so that a change copies four small
 * objects and not all of a hot product's reservations or of a large category tree (100,000 entries: some microseconds
 * instead of milliseconds). Plain JSON, as snapshots need it.
 */

type Level<T> = Readonly<Record<string, T>>;

export type ById<V> = Level<Level<Level<Level<V>>>>;

/** The entry of an id, if there is one. */
export function entryOf<V>(map: ById<V>, id: string): V | undefined {
  const [first, second, third] = pathOf(id);
  return map[first]?.[second]?.[third]?.[id];
}

/** The map with an entry set. */
export function withEntry<V>(map: ById<V>, id: string, value: V): ById<V> {
  return change(map, id, value);
}

/** The map without an entry; empty branches go too. */
export function withoutEntry<V>(map: ById<V>, id: string): ById<V> {
  return change(map, id, undefined);
}

/** All entries, in no order to rely on. */
export function* entriesOf<V>(map: ById<V>): Generator<[id: string, value: V]> {
  for (const first of Object.values(map)) {
    for (const second of Object.values(first)) {
      for (const third of Object.values(second)) yield* Object.entries(third);
    }
  }
}

/** The map with only the entries that pass. */
export function filterEntries<V>(map: ById<V>, keep: (value: V) => boolean): ById<V> {
  let kept = map;
  for (const [id, value] of entriesOf(map)) {
    if (!keep(value)) kept = withoutEntry(kept, id);
  }
  return kept;
}

/** Whether a value is such a map with something in it, and not an object of another kind. */
export function isById(value: object): value is ById<unknown> {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => /^x[\da-f]$/.test(key));
}

function change<V>(map: ById<V>, id: string, value: V | undefined): ById<V> {
  const [first, second, third] = pathOf(id);
  const one = map[first];
  const two = one?.[second];
  const three = two?.[third];
  return put(map, first, put(one, second, put(two, third, put(three, id, value)))) ?? {};
}

/** A level with a key set, or without it; undefined where nothing is left. */
function put<T>(level: Level<T> | undefined, key: string, value: T | undefined): Level<T> | undefined {
  if (value !== undefined) return { ...level, [key]: value };
  const { [key]: _gone, ...left } = level ?? {};
  return Object.keys(left).length === 0 ? undefined : left;
}

/**
 * The end of a UUIDv7 is random, so the branches fill evenly. The letter in front keeps V8 from treating digits as array
 * indexes, which makes a change twice as dear.
 */
function pathOf(id: string): [string, string, string] {
  const end = id.length;
  return [`x${id.charAt(end - 1)}`, `x${id.charAt(end - 2)}`, `x${id.charAt(end - 3)}`];
}
