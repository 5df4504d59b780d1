/** A map that forgets what was not used for longest, by number and by weight. */

export type WeightedLru<V> = {
  /** The value, which counts as used now. */
  get(key: string): V | undefined;
  /** The value, without touching it. */
  peek(key: string): V | undefined;
  set(key: string, value: V, weight: number): void;
  delete(key: string): void;
  size(): number;
};

export type LruOptions = {
  readonly entries: number;
  /** Of all values together. */
  readonly weight: number;
  /** Told of what had to go, not of what was deleted. */
  readonly onEvict: (key: string) => void;
};

/** An empty map. A single value heavier than all may weigh is not kept. */
export function createWeightedLru<V>({ entries, weight: limit, onEvict }: LruOptions): WeightedLru<V> {
  const slots = new Map<string, { readonly value: V; readonly weight: number }>();
  let total = 0;
  const remove = (key: string) => {
    total -= slots.get(key)?.weight ?? 0;
    slots.delete(key);
  };
  return {
    get(key) {
      const slot = slots.get(key);
      if (!slot) return undefined;
      slots.delete(key);
      slots.set(key, slot);
      return slot.value;
    },
    peek: (key) => slots.get(key)?.value,
    set(key, value, weight) {
      remove(key);
      slots.set(key, { value, weight });
      total += weight;
      for (const oldest of slots.keys()) {
        if (slots.size <= entries && total <= limit) break;
        remove(oldest);
        onEvict(oldest);
      }
    },
    delete: remove,
    size: () => slots.size,
  };
}
