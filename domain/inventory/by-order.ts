/**
 * A map from order ids that changes cheaply: a tree over the last three digits of the id, so that a change copies four
 * small objects and not all of a hot product's reservations (100,000 entries: some microseconds instead of
 * milliseconds). Plain JSON, as snapshots need it.
 */

type Level<T> = Readonly<Record<string, T>>;

export type ByOrder<V> = Level<Level<Level<Level<V>>>>;

/** The entry of an order, if there is one. */
export function entryOf<V>(map: ByOrder<V>, orderId: string): V | undefined {
  const [first, second, third] = pathOf(orderId);
  return map[first]?.[second]?.[third]?.[orderId];
}

/** The map with an entry set. */
export function withEntry<V>(map: ByOrder<V>, orderId: string, value: V): ByOrder<V> {
  return change(map, orderId, value);
}

/** The map without an order's entry; empty branches go too. */
export function withoutEntry<V>(map: ByOrder<V>, orderId: string): ByOrder<V> {
  return change(map, orderId, undefined);
}

/** All entries, in no order to rely on. */
export function* entriesOf<V>(map: ByOrder<V>): Generator<[orderId: string, value: V]> {
  for (const first of Object.values(map)) {
    for (const second of Object.values(first)) {
      for (const third of Object.values(second)) yield* Object.entries(third);
    }
  }
}

/** The map with only the entries that pass. */
export function filterEntries<V>(map: ByOrder<V>, keep: (value: V) => boolean): ByOrder<V> {
  let kept = map;
  for (const [orderId, value] of entriesOf(map)) {
    if (!keep(value)) kept = withoutEntry(kept, orderId);
  }
  return kept;
}

function change<V>(map: ByOrder<V>, orderId: string, value: V | undefined): ByOrder<V> {
  const [first, second, third] = pathOf(orderId);
  const one = map[first];
  const two = one?.[second];
  const three = two?.[third];
  return put(map, first, put(one, second, put(two, third, put(three, orderId, value)))) ?? {};
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
function pathOf(orderId: string): [string, string, string] {
  const end = orderId.length;
  return [`x${orderId.charAt(end - 1)}`, `x${orderId.charAt(end - 2)}`, `x${orderId.charAt(end - 3)}`];
}
