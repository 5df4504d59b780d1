/** Persons' keys as the database holds them, with a cache of at most a minute so that an erasure soon holds everywhere. */
import { randomBytes } from 'node:crypto';
import type { Database } from '../postgres/database.ts';
import { KEY_BYTES, type PersonKey, personKey, unwrap, wrap } from './sealing.ts';

/** An erased person has no key, and never gets one again. */
export type Found = PersonKey | 'erased';

export type PersonKeys = {
  /** The person's key, made and committed first where there is none. */
  obtain(person: string): Promise<Found>;
  /** Keys of those who have one or had one, in one query; others are missing in the answer. */
  find(persons: Iterable<string>): Promise<ReadonlyMap<string, Found>>;
  /** Deletes the key and leaves a tombstone; also for a person who never had a key. */
  erase(person: string): Promise<void>;
};

const CACHE_MS = 60_000;
const CACHED_AT_MOST = 20_000;

/** `askedAt`: an erasure that the row does not show was committed after this. */
type Row = { readonly person: string; readonly wrapped: Buffer | null; readonly askedAt: number };
type Options = { readonly database: Database; readonly masterKey: Buffer; readonly now: () => number };

/** Reads, makes and erases persons' keys; two processes that make one at once end with the same. */
export function createPersonKeys({ database, masterKey, now }: Options): PersonKeys {
  const cache = createKeyCache(now);
  const making = new Map<string, Promise<Found>>();
  const select = async (asked: readonly string[]): Promise<readonly Row[]> => {
    const askedAt = now();
    const { rows } = await database.pool.query<Omit<Row, 'askedAt'>>(SELECT, [asked]);
    return rows.map((row) => ({ ...row, askedAt }));
  };

  const keep = ({ person, wrapped, askedAt }: Row): Found => {
    // A row that was read just before this process erased it must not bring the key back into the cache.
    if (cache.get(person) === 'erased') return 'erased';
    const found = wrapped === null ? 'erased' : personKey(unwrap(masterKey, person, wrapped));
    cache.set(person, { found, until: askedAt + CACHE_MS });
    return found;
  };
  const make = async (person: string): Promise<Found> => {
    const [existing] = await select([person]);
    if (existing) return keep(existing);
    // The one who comes second keeps the first one's key: without `do nothing` and the second look, two processes
    // would seal with two keys, and one half could never be opened again.
    await database.pool.query('insert into keys.persons (person, wrapped) values ($1, $2) on conflict do nothing', [
      person,
      wrap(masterKey, person, randomBytes(KEY_BYTES)),
    ]);
    const [row] = await select([person]);
    if (!row) throw new Error(`the key of ${person} vanished while it was made: rows of keys.persons stay for ever`);
    return keep(row);
  };

  return {
    async obtain(person) {
      const known = cache.get(person);
      if (known) return known;
      const made = making.get(person) ?? make(person).finally(() => making.delete(person));
      making.set(person, made);
      return made;
    },
    async find(persons) {
      const found = new Map<string, Found>();
      const missing: string[] = [];
      for (const person of new Set(persons)) {
        const hit = cache.get(person);
        if (hit) found.set(person, hit);
        else missing.push(person);
      }
      if (missing.length > 0) for (const row of await select(missing)) found.set(row.person, keep(row));
      return found;
    },
    async erase(person) {
      await database.pool.query(
        `insert into keys.persons (person, erased_at) values ($1, now())
         on conflict (person) do update set wrapped = null, erased_at = coalesce(keys.persons.erased_at, now())`,
        [person],
      );
      cache.set(person, { found: 'erased', until: now() + CACHE_MS });
    },
  };
}

const SELECT = 'select person, wrapped from keys.persons where person = any($1::uuid[])';

type Kept = { readonly found: Found; readonly until: number };

function createKeyCache(now: () => number) {
  const kept = new Map<string, Kept>();
  return {
    get(person: string): Found | undefined {
      const hit = kept.get(person);
      if (hit && hit.until > now()) return hit.found;
      kept.delete(person);
      return undefined;
    },
    set(person: string, key: Kept): void {
      kept.delete(person);
      kept.set(person, key);
      for (const oldest of kept.keys()) {
        if (kept.size <= CACHED_AT_MOST) break;
        kept.delete(oldest);
      }
    },
  };
}
