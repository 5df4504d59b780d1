/** The key store on a real Postgres: what is sealed, for whom, and for how long. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts';
import { PersonErased } from './key-store.ts';
import { createPostgresKeyStore, KeyMissing, KeysLost, WrongMasterKey } from './postgres-key-store.ts';

let test: TestDatabase;
const masterKey = randomBytes(32);
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(() => test.drop());

const openKeys = (now?: () => number) =>
  createPostgresKeyStore({ database: test.database, masterKey, ...(now ? { now } : {}) });

describe('sealing', () => {
  it('gives back any JSON value to any process', async () => {
    const person = randomUUID();
    const keys = await openKeys();
    const other = await openKeys();
    for (const plain of ['Ada', '', null, 0, { street: 'Ünter den Linden', lines: ['1', '2'] }]) {
      expect(await other.open(await keys.seal(person, plain))).toEqual(plain);
    }
  });

  it('makes the same text of the same value of a person, and another for another value or person', async () => {
    const [one, two] = [await openKeys(), await openKeys()];
    const person = randomUUID();
    const sealed = await one.seal(person, 'Ada');
    expect(await two.seal(person, 'Ada')).toEqual(sealed);
    expect((await one.seal(person, 'Bob')).$sealed).not.toBe(sealed.$sealed);
    expect((await one.seal(randomUUID(), 'Ada')).$sealed).not.toBe(sealed.$sealed);
  });

  it('shows nothing of the value, and hides no nonce twice', async () => {
    const keys = await openKeys();
    const person = randomUUID();
    const sealed = await Promise.all(Array.from({ length: 50 }, (_, n) => keys.seal(person, `secret ${n}`)));
    const raw = sealed.map(({ $sealed }) => Buffer.from($sealed, 'base64url'));
    expect(raw.some((bytes) => bytes.includes('secret'))).toBe(false);
    expect(new Set(raw.map((bytes) => bytes.subarray(0, 12).toString('hex'))).size).toBe(50);
  });

  it('detects a changed byte anywhere, and a value put under another person', async () => {
    const keys = await openKeys();
    const [person, other] = [randomUUID(), randomUUID()];
    const sealed = await keys.seal(person, 'Ada Lovelace');
    await keys.seal(other, 'x');
    const bytes = Buffer.from(sealed.$sealed, 'base64url');
    for (const at of bytes.keys()) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      await expect(keys.open({ person, $sealed: changed.toString('base64url') })).rejects.toThrow();
    }
    await expect(keys.open({ ...sealed, person: other })).rejects.toThrow();
    await expect(keys.open({ person, $sealed: 'AAAA' })).rejects.toThrow(/too short/);
  });

  it('lets processes that make a person’s key at once end with one', async () => {
    const stores = await Promise.all([1, 2, 3, 4].map(() => openKeys()));
    for (let round = 0; round < 10; round += 1) {
      const person = randomUUID();
      const sealed = await Promise.all(stores.flatMap((keys) => [keys.seal(person, 'a'), keys.seal(person, 'a')]));
      expect(new Set(sealed.map(({ $sealed }) => $sealed)).size).toBe(1);
    }
  });

  it('has committed the key before it answers', async () => {
    const person = randomUUID();
    await (await openKeys()).seal(person, 'a');
    const { rows } = await test.database.pool.query('select wrapped from keys.persons where person = $1', [person]);
    expect(rows).toHaveLength(1);
  });
});

describe('opening all', () => {
  it('opens what is sealed at any depth, with one query, and leaves the rest as it is', async () => {
    const keys = await openKeys();
    const [ada, bob] = [randomUUID(), randomUUID()];
    const data = [
      { name: await keys.seal(ada, 'Ada'), lines: [{ to: await keys.seal(bob, { city: 'Bath' }), n: 1 }] },
      { plain: [1, null, 'x'] },
    ];
    let queries = 0;
    const pool = new Proxy(test.database.pool, {
      get(target, name) {
        if (name === 'query') queries += 1;
        return Reflect.get(target, name, target);
      },
    });
    const cold = await createPostgresKeyStore({ database: { ...test.database, pool }, masterKey });
    queries = 0;
    const opened = await cold.openAll<unknown>(data);
    expect(opened).toEqual([{ name: 'Ada', lines: [{ to: { city: 'Bath' }, n: 1 }] }, { plain: [1, null, 'x'] }]);
    expect(opened[1]).toBe(data[1]);
    expect(queries).toBe(1);
  });

  it('leaves alone what only looks like a sealed value: one seller’s words must not stop everyone’s reading', async () => {
    const keys = await openKeys();
    const person = randomUUID();
    await keys.seal(person, 'a');
    const words = [
      { $sealed: 'red', person: 'mine' },
      { $sealed: 'red', person, size: 'XL' },
      { $sealed: 'not base64url!', person },
    ];
    expect(await keys.openAll(words)).toEqual(words);
  });

  it('says which key is missing', async () => {
    const keys = await openKeys();
    const sealed = await keys.seal(randomUUID(), 'a');
    await expect(keys.openAll([{ ...sealed, person: randomUUID() }])).rejects.toThrow(KeyMissing);
  });
});

describe('an erased person', () => {
  it('cannot be opened or sealed for, by this process at once and by others within a minute', async () => {
    let clock = 0;
    const [keys, other] = [await openKeys(), await openKeys(() => clock)];
    const person = randomUUID();
    const sealed = await keys.seal(person, 'Ada');
    expect(await other.open(sealed)).toBe('Ada');
    await keys.erase(person);
    expect(await keys.open(sealed)).toBeUndefined();
    expect(await keys.openAll([{ name: sealed }])).toEqual([{ name: { $erased: true } }]);
    await expect(keys.seal(person, 'Ada')).rejects.toThrow(PersonErased);
    clock = 60_001;
    expect(await other.open(sealed)).toBeUndefined();
  });

  it('is held for a minute from when the key was asked for, however late the answer came', async () => {
    let clock = 0;
    const keys = await openKeys();
    const person = randomUUID();
    const sealed = await keys.seal(person, 'Ada');
    const pool = new Proxy(test.database.pool, {
      get: (target, name) =>
        name === 'query'
          ? async (...given: Parameters<typeof target.query>) => {
              const result = await target.query(...given);
              clock += 30_000;
              return result;
            }
          : Reflect.get(target, name, target),
    });
    const slow = await createPostgresKeyStore({ database: { ...test.database, pool }, masterKey, now: () => clock });
    const asked = clock;
    expect(await slow.open(sealed)).toBe('Ada');
    await keys.erase(person);
    clock = asked + 60_001;
    expect(await slow.open(sealed)).toBeUndefined();
  });

  it('stays erased: no key is made anew, and erasing again keeps the first time', async () => {
    const person = randomUUID();
    await (await openKeys()).erase(person);
    const erasedAt = async () =>
      (await test.database.pool.query('select erased_at from keys.persons where person = $1', [person])).rows[0]
        .erased_at;
    const first = await erasedAt();
    const later = await openKeys();
    await expect(later.seal(person, 'Ada')).rejects.toThrow(PersonErased);
    await later.erase(person);
    expect(await erasedAt()).toEqual(first);
  });
});

describe('the master key', () => {
  it('must be the one the database was set up with', async () => {
    await openKeys();
    const wrong = createPostgresKeyStore({ database: test.database, masterKey: randomBytes(32) });
    await expect(wrong).rejects.toThrow(WrongMasterKey);
    await expect(wrong).rejects.toThrow(/SOUK_MASTER_KEY/);
  });

  it('has 32 bytes', async () => {
    await expect(createPostgresKeyStore({ database: test.database, masterKey: randomBytes(31) })).rejects.toThrow(/32/);
  });
});

describe('the digest', () => {
  it('is the same in every process that starts at once on an empty database, and differs by purpose', async () => {
    const fresh = await createTestDatabase();
    try {
      const stores = await Promise.all(
        [1, 2, 3].map(() => createPostgresKeyStore({ database: fresh.database, masterKey })),
      );
      const digests = stores.map((keys) => keys.digest('email', 'ada@example.com'));
      expect(new Set(digests).size).toBe(1);
      expect(digests[0]).toMatch(/^[\da-f]{64}$/);
      expect(stores[0]?.digest('event', 'ada@example.com')).not.toBe(digests[0]);
      expect((await openKeys()).digest('email', 'ada@example.com')).not.toBe(digests[0]);
    } finally {
      await fresh.drop();
    }
  });
});

describe('keys that are lost', () => {
  const opened = (database: TestDatabase['database'], mayBeNew: () => Promise<boolean>) =>
    createPostgresKeyStore({ database, masterKey, mayBeNew });

  it('are not made anew where a log needs them: nothing is made at all', async () => {
    const fresh = await createTestDatabase();
    try {
      await expect(opened(fresh.database, async () => false)).rejects.toThrow(KeysLost);
      const { rows } = await fresh.database.pool.query(`select to_regnamespace('keys') as made`);
      expect(rows).toEqual([{ made: null }]);
      await opened(fresh.database, async () => true);
      await opened(fresh.database, async () => false);
    } finally {
      await fresh.drop();
    }
  });

  it('are not lost where another process made them meanwhile, and wrote its first event', async () => {
    const fresh = await createTestDatabase();
    try {
      const mayBeNew = async () => {
        await opened(fresh.database, async () => true);
        return false;
      };
      await expect(opened(fresh.database, mayBeNew)).resolves.toBeDefined();
    } finally {
      await fresh.drop();
    }
  });
});
