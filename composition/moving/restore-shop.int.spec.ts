/** Backups are exactly what stood there, and come back as that or not at all; who was erased does not. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { linesOf } from '../../event-store/backup/line-file.ts';
import { CHAIN_START, createChain } from '../../event-store/chain/chain.ts';
import { followChain } from '../../event-store/chain/follow-chain.ts';
import { prepareLinks } from '../../event-store/chain/links.ts';
import { createHeadSigner } from '../../event-store/chain/signed-head.ts';
import type { EventStore, StoredText } from '../../event-store/port.ts';
import { createOrderedWriter } from '../../event-store/postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import { scanTexts } from '../../event-store/scan.ts';
import { randomRuns } from '../../event-store/testing/random-log.ts';
import { testEvent } from '../../event-store/testing-events.ts';
import { createPostgresKeyStore, type PostgresKeyStore } from '../../platform/keys/postgres-key-store.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { migrate } from '../../platform/postgres/database.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';
import { until } from '../../platform/testing/until.ts';
import { projectionMigrations } from '../../projections/migrations.ts';
import { openEventStoreServer } from '../../test/support/event-store-server.ts';
import { type ChainEngines, chainOf } from '../chain.ts';
import { BrokenLog, backUpShop } from './back-up-shop.ts';
import { type OpenLog, openLogAt } from './open-log.ts';
import { type RestoreOptions, restoreShop } from './restore-shop.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const masterKey = randomBytes(32);
const signer = createHeadSigner(masterKey);
const never = new AbortController().signal;
const [ada, bob] = [randomUUID(), randomUUID()];
const runs = randomRuns(700);
const count = runs.flatMap(({ events }) => events).length;

let folder: string;
let source: TestDatabase;
let store: EventStore;
let keys: PostgresKeyStore;
let shop: ChainEngines;
let sealed: Awaited<ReturnType<PostgresKeyStore['seal']>>[];
const opened: { close(): Promise<void> }[] = [];

const file = (name: string) => join(folder, name);
const backUp = (name: string, onProgress: () => void = () => undefined) =>
  backUpShop(shop, { to: file(name), keys: file(`${name}.keys`), signal: never, onProgress });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'souk-backup-'));
  source = await createTestDatabase();
  keys = await createPostgresKeyStore({ database: source.database, masterKey });
  await migrate(source.database, 'projections', projectionMigrations);
  await source.database.pool.query(
    `insert into projections.skipped (name, key, position, event_id, reason, skipped_by)
     values ('orders', 'a', '1', 'e', 'settled by hand', 'cli:test'), ('search', 'b', '1', null, '', 'cli:test')`,
  );
  sealed = await Promise.all([ada, bob].map((person) => keys.seal(person, 'of a person')));
  const writer = createOrderedWriter(source.url);
  store = await createPostgresEventStore({ url: source.url, logger });
  await writer.write(runs);
  await writer.close();
  shop = { store, database: source.database, masterKey, config: { dataDir: folder } };
});
afterAll(async () => {
  for (const { close } of opened.reverse()) await close();
  await store.close();
  await source.drop();
  await rm(folder, { recursive: true, force: true });
});

type Target = { readonly test: TestDatabase; readonly log: OpenLog };

async function emptyLog(): Promise<Target> {
  const test = await createTestDatabase();
  const log = await openLogAt({ engine: 'postgres', url: test.url }, logger);
  opened.push({ close: () => test.drop() }, log);
  return { test, log };
}

const restore = ({ log, test }: Target, options: Partial<RestoreOptions>) =>
  restoreShop({
    from: file('first'),
    keys: undefined,
    log,
    database: test.database,
    signer,
    signal: never,
    onProgress: () => undefined,
    ...options,
  });

async function textsOf(log: EventStore): Promise<readonly Omit<StoredText, 'position'>[]> {
  const all: Omit<StoredText, 'position'>[] = [];
  for await (const page of scanTexts(log, { after: null }))
    for (const { position: _, ...event } of page) all.push(event);
  return all;
}

let then: readonly Omit<StoredText, 'position'>[];

it('holds exactly what stood there when it began, while the shop goes on', async () => {
  then = await textsOf(store);
  const later: Promise<unknown>[] = [];
  const append = () => later.push(store.append(`order-${randomUUID()}`, [testEvent()], 'no-stream'));
  const made = await backUp('first', append);
  await Promise.all(later);
  expect(later.length).toBeGreaterThan(1);
  expect(made?.head).toMatchObject({ events: count, logId: (await store.identity()).logId });
  expect(signer.isOurs(made?.head ?? signer.sign({ logId: '', epoch: 1, head: null, ...CHAIN_START }))).toBe(true);
  const lines: string[] = [];
  for await (const some of linesOf(file('first'))) lines.push(...some);
  expect(lines.slice(1, -1).map((line) => JSON.parse(line))).toEqual(
    then.map(({ stream, revision, id, type, data, metadata }) => [stream, revision, id, type, data, metadata]),
  );
  // The keys are nowhere in it.
  expect(lines.join()).not.toMatch(/wrapped/);
});

const skippedIn = async ({ database }: TestDatabase) =>
  (await database.pool.query('select * from projections.skipped order by name')).rows;

let target: Target;

it('comes back into an empty log, with its keys, as another log with the same chain', async () => {
  target = await emptyLog();
  const restored = await restore(target, { keys: file('first.keys') });
  expect(restored).toMatchObject({ events: count, restored: count, keys: { persons: 2, erased: 0 } });
  expect(await textsOf(target.log.store)).toEqual(then);
  expect(restored?.identity.logId).not.toBe((await store.identity()).logId);
  const there = await createPostgresKeyStore({ database: target.test.database, masterKey });
  expect(await there.open(sealed[0] as (typeof sealed)[0])).toBe('of a person');
  expect(there.digest('email', 'a@b.c')).toBe(keys.digest('email', 'a@b.c'));
});

it('is found to be there when the same command is given again, and refused where more happened since', async () => {
  expect(await restore(target, { keys: file('first.keys') })).toMatchObject({ restored: 0, keys: { persons: 2 } });
  expect(await skippedIn(target.test)).toEqual(await skippedIn(source));
  await target.log.store.append('order-new', [testEvent()], 'no-stream');
  await expect(restore(target, {})).rejects.toThrow(/not empty: .* more than the/);
});

it('does not bring back who was erased, by the newest keys or in the shop itself', async () => {
  await keys.erase(ada);
  await backUp('second');
  const fresh = await emptyLog();
  expect(await restore(fresh, { keys: file('second.keys') })).toMatchObject({ keys: { persons: 1, erased: 1 } });
  const there = await createPostgresKeyStore({ database: fresh.test.database, masterKey });
  expect(await Promise.all(sealed.map((value) => there.open(value)))).toEqual([undefined, 'of a person']);
  // An older file holds the key still; the tombstone that is there already is stronger.
  expect(await restore(fresh, { keys: file('first.keys') })).toMatchObject({ keys: { persons: 1, erased: 1 } });
});

it('goes on where it was when it was killed, and not on top of anything else', async () => {
  const half = await emptyLog();
  await half.log.writer.write(runs.slice(0, 100));
  const there = runs.slice(0, 100).flatMap(({ events }) => events).length;
  expect(await restore(half, {})).toMatchObject({ events: count, restored: count - there });
  expect(await textsOf(half.log.store)).toEqual(then);
  const other = await emptyLog();
  await other.log.writer.write(randomRuns(5, 2));
  await expect(restore(other, {})).rejects.toThrow(/not the beginning of the backup/);
  await expect(restore({ test: source, log: { ...other.log, store } }, {})).rejects.toThrow(/not empty|not lost/);
});

it('writes nothing where the file is damaged, cut off, or signed by somebody else', async () => {
  const untouched = await emptyLog();
  const whole = await readFile(file('first'));
  const plain = gunzipSync(whole).toString();
  const [head, ...rest] = plain.split('\n');
  const damaged: [string, Buffer, RegExp][] = [
    ['cut off', whole.subarray(0, whole.length - 1_000), /damaged/],
    ['a bit of it', Buffer.concat([whole.subarray(0, 5_000), Buffer.of(0, 1, 2), whole.subarray(5_003)]), /damaged/],
    ['without its end', gzipSync(plain.slice(0, plain.lastIndexOf('{"end"'))), /end is missing/],
    ['an event left out', gzipSync([head, ...rest.slice(1)].join('\n')), /not those that its end was signed over/],
    ['an event changed', gzipSync(plain.replace('ItemAdded', 'ItemTaken')), /not those that its end was signed over/],
    ['other', Buffer.from('no backup'), /damaged or no such file/],
    ['newer', gzipSync(plain.replace('"format":1', '"format":2')), /newer than this version/],
  ];
  for (const [name, bytes, why] of damaged) {
    await writeFile(file(name), bytes);
    await expect(restore(untouched, { from: file(name) })).rejects.toThrow(why);
  }
  await expect(restore(untouched, { signer: createHeadSigner(randomBytes(32)) })).rejects.toThrow(/another master key/);
  await expect(restore(untouched, { from: file('first.keys') })).rejects.toThrow(/--keys/);
  await expect(restore(untouched, { from: file('second'), keys: file('first.keys') })).rejects.toThrow(/older than/);
  const cut = (await readFile(file('first.keys'))).subarray(0, -20);
  await writeFile(file('cut.keys'), cut);
  await expect(restore(untouched, { keys: file('cut.keys') })).rejects.toThrow(/damaged/);
  expect(await untouched.log.store.head()).toBeNull();
  expect(await restore(untouched, { signer: undefined })).toMatchObject({ restored: count, keys: undefined });
});

it('comes back into EventStoreDB beside an empty database', async () => {
  const server = await openEventStoreServer({ own: true });
  opened.push(server);
  const log = await openLogAt({ engine: 'eventstoredb', url: server.url }, logger);
  opened.push(log);
  const test = await createTestDatabase();
  opened.push({ close: () => test.drop() });
  expect(await restore({ test, log }, { keys: file('second.keys') })).toMatchObject({
    restored: count,
    keys: { persons: 1, erased: 1 },
  });
  expect(await textsOf(log.store)).toEqual(then);
});

it('is not made of a log that its chain does not hold, nor left half done', async () => {
  await prepareLinks(source.database);
  const stopping = new AbortController();
  const chain = await chainOf(shop);
  const following = followChain({ ...chain, signal: stopping.signal, writeMs: 0 });
  const all = createChain();
  for (const event of await textsOf(store)) all.add(event);
  await until(async () => (await chain.links.head())?.events === all.events());
  stopping.abort();
  await following;
  await source.database.pool.query(`update log.events set type = 'Forged' where position = 400`);
  await expect(backUp('third')).rejects.toThrow(BrokenLog);
  expect((await readdir(folder)).filter((name) => name.startsWith('third'))).toEqual([]);
});
