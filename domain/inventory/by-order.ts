/**
 * A map from order ids that changes cheaply: entries lie in groups by the last two digits of the id, so that a change
 * copies one group and not all of a hot product's reservations. Plain JSON, as snapshots need it.
 */

export type ByOrder<V> = Readonly<Record<string, Readonly<Record<string, V>>>>;

/** The entry of an order, if there is one. */
export function entryOf<V>(map: ByOrder<V>, orderId: string): V | undefined {
  return map[groupOf(orderId)]?.[orderId];
}

/** The map with an entry set. */
export function withEntry<V>(map: ByOrder<V>, orderId: string, value: V): ByOrder<V> {
  const group = groupOf(orderId);
  return { ...map, [group]: { ...map[group], [orderId]: value } };
}

/** The map without an order's entry; empty groups go too. */
export function withoutEntry<V>(map: ByOrder<V>, orderId: string): ByOrder<V> {
  const name = groupOf(orderId);
  const { [name]: group = {}, ...others } = map;
  const { [orderId]: _gone, ...left } = group;
  return Object.keys(left).length === 0 ? others : { ...others, [name]: left };
}

/** All values, in no order to rely on. */
export function valuesOf<V>(map: ByOrder<V>): V[] {
  return Object.values(map).flatMap((group) => Object.values(group));
}

/** The map with only the entries that pass. */
export function filterEntries<V>(map: ByOrder<V>, keep: (value: V) => boolean): ByOrder<V> {
  const groups = Object.entries(map).map(
    ([name, group]) => [name, Object.fromEntries(Object.entries(group).filter(([, value]) => keep(value)))] as const,
  );
  return Object.fromEntries(groups.filter(([, group]) => Object.keys(group).length > 0));
}

/** The end of a UUIDv7 is random, so groups fill evenly. */
function groupOf(orderId: string): string {
  return orderId.slice(-2);
}
