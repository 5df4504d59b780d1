/** Divides lanes among those who fill them side by side. Pure. */
import { schemaText } from '../../../domain/event-schemas.ts';
import type { Lane } from '../lanes.ts';

type Group = { readonly lanes: Lane[]; readonly types: Set<string> };

/**
 * At most `parts` groups, none of them empty. Lanes of one generation stay together, and so do generations that want the
 * same events, where that leaves the groups even: whoever reads an event has to decode it. How many there are of each
 * type is not known; whoever is done first takes over from another.
 */
export function lanesApart(lanes: readonly Lane[], parts: number): readonly (readonly Lane[])[] {
  const groups: Group[] = Array.from({ length: parts }, () => ({ lanes: [], types: new Set() }));
  const generations = new Map<string, Lane[]>();
  for (const lane of lanes) {
    const { schema } = lane.generation;
    generations.set(schema, [...(generations.get(schema) ?? []), lane]);
  }
  const dearest = (a: readonly Lane[], b: readonly Lane[]) => costOf(wantsOf(b)) - costOf(wantsOf(a));
  for (const generation of [...generations.values()].toSorted(dearest)) {
    const wants = wantsOf(generation);
    const best = cheapest(groups, wants);
    best?.lanes.push(...generation);
    for (const type of wants) best?.types.add(type);
  }
  return groups.map((group) => group.lanes).filter((group) => group.length > 0);
}

/** The group that leaves the dearest of them least dear, then all together, when it wants these types as well. */
function cheapest(groups: readonly Group[], wants: readonly string[]): Group | undefined {
  const most = Math.max(...groups.map(({ types }) => costOf([...types])));
  const scored = groups.map((group) => {
    const before = costOf([...group.types]);
    const more = costOf(wants.filter((type) => !group.types.has(type)));
    return { group, before, more, most: Math.max(most, before + more) };
  });
  const [best] = scored.toSorted((a, b) => a.most - b.most || a.more - b.more || a.before - b.before);
  return best?.group;
}

/** What an event costs to read, check and open goes with what there is to check: how long its schema is. */
function costOf(types: readonly string[]): number {
  return types.reduce((sum, type) => sum + schemaText(type).length, 0);
}

function wantsOf([first]: readonly Lane[]): readonly string[] {
  return first?.projection.wants ?? [];
}
