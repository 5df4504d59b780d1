/** Which versions of Typesense Souk speaks to, and what differs between them. */
import { TypesenseUnsuitable } from './errors.ts';

export type TypesenseServer = {
  /** As the server tells it, as in `0.24.1` or `30.0`. */
  readonly version: string;
  /** Synonyms are sets beside the collections (from 30 on), not parts of each collection. */
  readonly synonymSets: boolean;
  /** False for one that is newer than those Souk was made for, or that tells no number. */
  readonly known: boolean;
};

const SYNONYM_SETS_SINCE = 30;
const NEWEST = 30;

/** Reads a version; throws `TypesenseUnsuitable` for one before 0.24, which has no `||` in filters. */
export function serverOf(version: string): TypesenseServer {
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  // What tells no number is built from the newest sources.
  if (major === '') return { version, synonymSets: true, known: false };
  const generation = Number(major) === 0 ? Number(minor) : Number(major);
  if (generation < 24) {
    throw new TypesenseUnsuitable(`Typesense ${version} is too old for Souk: run a version from 0.24 to ${NEWEST}`);
  }
  return { version, synonymSets: generation >= SYNONYM_SETS_SINCE, known: generation <= NEWEST };
}
