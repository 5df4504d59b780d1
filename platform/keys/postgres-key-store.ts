/** The key store on Postgres: personal fields sealed per person, and the one secret that names and digests. */
import { createHmac, randomBytes } from 'node:crypto';
import { type Database, migrate } from '../postgres/database.ts';
import { isSealedValue, type KeyStore, PersonErased, type SealedValue } from './key-store.ts';
import { keyMigrations } from './migrations.ts';
import { createPersonKeys, type Found } from './person-keys.ts';
import { KEY_BYTES, openValue, sealValue, unwrap, wrap } from './sealing.ts';

export type PostgresKeyStore = KeyStore & {
  /** Deletes the person's key for good. Other processes may hold it for up to a minute. */
  erase(person: string): Promise<void>;
};

export type KeyStoreOptions = {
  readonly database: Database;
  /** 32 bytes; wraps every key of this database. */
  readonly masterKey: Buffer;
  /** Asked where there is no secret yet, whether one may be made: no log was written with another. Always, unless given. */
  readonly mayBeNew?: () => Promise<boolean>;
  /** Milliseconds of a clock that is never put back; for the age of cached keys. */
  readonly now?: () => number;
};

/** The database's keys were wrapped with another master key. */
export class WrongMasterKey extends Error {
  constructor(cause: unknown) {
    super(
      'SOUK_MASTER_KEY is not the key that this database was set up with: set it to the one used before ' +
        '(the embedded default keeps it in its data folder); without it personal data cannot be read',
      { cause },
    );
    this.name = 'WrongMasterKey';
  }
}

/** A log is there and the keys it was written with are not. */
export class KeysLost extends Error {
  constructor() {
    super(
      'the log has events, and the schema "keys" they were written with is not in this database: restore it together ' +
        'with the log, from the same backup; with new keys nobody could log in, and personal data could not be read',
    );
    this.name = 'KeysLost';
  }
}

/** A sealed value names a person whose key was never here. */
export class KeyMissing extends Error {
  constructor(person: string) {
    super(`there is no key for ${person}: the schema "keys" must be kept, and restored, together with the log`);
    this.name = 'KeyMissing';
  }
}

/** Brings the tables up to date, checks the master key (throws `WrongMasterKey`, `KeysLost`) and loads the digest secret. */
export async function createPostgresKeyStore(options: KeyStoreOptions): Promise<PostgresKeyStore> {
  const { database, masterKey, mayBeNew, now = () => performance.now() } = options;
  if (masterKey.length !== KEY_BYTES) throw new Error(`the master key must have ${KEY_BYTES} bytes`);
  // Before any table is made: empty ones would stand in the way of the schema's restoration.
  if (mayBeNew) await refuseLostKeys(database, mayBeNew);
  await migrate(database, 'keys', keyMigrations);
  const secret = await digestSecret(database, masterKey);
  const persons = createPersonKeys({ database, masterKey, now });

  return {
    async seal(person, plain) {
      const key = await persons.obtain(person);
      if (key === 'erased') throw new PersonErased(person);
      return { $sealed: sealValue(key, person, plain), person };
    },
    async open(sealed) {
      const keys = await persons.find([sealed.person]);
      return openWith(keys, sealed);
    },
    async openAll(data) {
      const named = new Set<string>();
      const holders = data.map((item) => collectPersons(item, named));
      if (named.size === 0) return data;
      const open = opener(await persons.find(named));
      return data.map((item, at) => (holders[at] ? (openInside(item, open) as typeof item) : item));
    },
    digest: (purpose, text) =>
      createHmac('sha256', secret)
        .update(JSON.stringify([purpose, text]))
        .digest('hex'),
    erase: (person) => persons.erase(person),
  };
}

async function refuseLostKeys(database: Database, mayBeNew: () => Promise<boolean>): Promise<void> {
  if ((await hasSecret(database)) || (await mayBeNew())) return;
  // Of two processes that start on a new database one may have written already: its secret came first.
  if (!(await hasSecret(database))) throw new KeysLost();
}

async function hasSecret({ pool }: Database): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(`select to_regclass('keys.secrets') is not null as there`);
  if (!rows[0]?.there) return false;
  return (await pool.query(`select 1 from keys.secrets where name = 'digest'`)).rows.length > 0;
}

/** Made at the first start and never rotated; as it is always there, it also proves the master key right or wrong. */
async function digestSecret(database: Database, masterKey: Buffer): Promise<Buffer> {
  const name = 'digest';
  await database.pool.query('insert into keys.secrets (name, wrapped) values ($1, $2) on conflict do nothing', [
    name,
    wrap(masterKey, name, randomBytes(KEY_BYTES)),
  ]);
  const { rows } = await database.pool.query<{ wrapped: Buffer }>('select wrapped from keys.secrets where name = $1', [
    name,
  ]);
  try {
    return unwrap(masterKey, name, rows[0]?.wrapped ?? Buffer.alloc(0));
  } catch (error) {
    throw new WrongMasterKey(error);
  }
}

function openWith(keys: ReadonlyMap<string, Found>, { $sealed, person }: SealedValue): unknown | undefined {
  const key = keys.get(person);
  if (key === undefined) throw new KeyMissing(person);
  return key === 'erased' ? undefined : openValue(key, person, $sealed);
}

/** Opens each value once: the same is in the events of the cart, the order and the payment. */
function opener(keys: ReadonlyMap<string, Found>): (sealed: SealedValue) => unknown {
  const known = new Map<string, { readonly person: string; readonly opened: unknown }>();
  return (sealed) => {
    const before = known.get(sealed.$sealed);
    if (before && before.person === sealed.person) return before.opened;
    const found = openWith(keys, sealed);
    const opened = found === undefined ? { $erased: true } : found;
    known.set(sealed.$sealed, { person: sealed.person, opened });
    return opened;
  };
}

/** Whether it holds anything sealed. Every event of a rebuild comes through here: no lists are made of what it holds. */
function collectPersons(value: unknown, into: Set<string>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (isSealedValue(value)) {
    into.add(value.person);
    return true;
  }
  let found = false;
  for (const name in value) {
    if (collectPersons((value as Record<string, unknown>)[name], into)) found = true;
  }
  return found;
}

/** What holds nothing sealed comes back as the same object. */
function openInside(value: unknown, open: (sealed: SealedValue) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealedValue(value)) return open(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => openInside(item, open));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  let changed: Map<string, unknown> | undefined;
  for (const name in value) {
    const inner = (value as Record<string, unknown>)[name];
    const opened = openInside(inner, open);
    if (opened === inner) continue;
    changed ??= new Map(Object.entries(value));
    changed.set(name, opened);
  }
  return changed ? Object.fromEntries(changed) : value;
}
