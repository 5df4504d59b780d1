/** Words that mean the same to who shops for electronics: the one list, for every engine of search. */

/** Groups of single words, in the singular, whose plural ends in s. Each word of a group finds the others. */
export const SYNONYMS: readonly (readonly [string, ...string[]])[] = [
  ['tv', 'television'],
  ['headphone', 'earphone', 'earbud'],
  ['laptop', 'notebook'],
  ['smartphone', 'cellphone'],
  ['cable', 'cord'],
  ['speaker', 'loudspeaker'],
  ['pc', 'computer'],
  ['fridge', 'refrigerator'],
  ['hoover', 'vacuum'],
];

const others = new Map(
  SYNONYMS.flatMap((group) => group.map((word) => [word, group.filter((other) => other !== word)] as const)),
);

/** What else a word is called; the word in the singular. */
export function synonymsOf(word: string): readonly string[] {
  return others.get(word) ?? [];
}
