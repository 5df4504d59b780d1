/** Exports of a real log: complete, in order, gone on with, and the same in both formats. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { id, termsFor } from '../../domain/testing/samples.ts';
import type { EventStore, JsonObject, StoredEvent } from '../../event-store/port.ts';
import { createPostgresEventStore } from '../../event-store/postgres/store.ts';
import { scanLog } from '../../event-store/scan.ts';
import { testEvent } from '../../event-store/testing-events.ts';
import { formatToken } from '../../event-store/token.ts';
import { createPostgresKeyStore, type PostgresKeyStore } from '../../platform/keys/postgres-key-store.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';
import { shownEvent } from '../../read-api/shown-event.ts';
import { openDuckDb, sqlText } from './duckdb.ts';
import { type ExportOptions, exportHistory } from './export-history.ts';

let test: TestDatabase;
let store: EventStore;
let keys: PostgresKeyStore;
let root: string;
const [pat, gone] = [randomUUID(), randomUUID()];
beforeAll(async () => {
  test = await createTestDatabase();
  store = await createPostgresEventStore({ url: test.url, logger: createLogger({ name: 'test', level: 'silent' }) });
  keys = await createPostgresKeyStore({ database: test.database, masterKey: randomBytes(32) });
  root = mkdtempSync(join(tmpdir(), 'souk-export-'));
  for (const [n, person] of [pat, gone].entries()) {
    const terms = { ...termsFor(id(n), [{ variantId: id(7), quantity: 2 }]), email: await keys.seal(person, 'a@b.c') };
    const sealed = { ...terms, shippingAddress: await keys.seal(person, { city: 'Bath "x"' }) };
    const order = { ...sealed, payment: { ...terms.payment, token: await keys.seal(person, 'tok') } };
    const data = JSON.parse(JSON.stringify(order)) as JsonObject;
    await store.append(`order-${id(n)}`, [testEvent(data, 'OrderPlaced')], 'no-stream');
  }
  const odd = testEvent({ odd: 1e21 }, 'Foreign');
  const foreign = { ...odd, metadata: { traceparent: '00-1-1-01', ...odd.metadata, more: [1] } };
  const old = { cartId: id(3), mergedInto: id(4) };
  await store.append(`cart-${id(3)}`, [testEvent(old, 'CartAbandoned'), foreign], 'any');
  await many(100);
  await keys.erase(gone);
});
afterAll(async () => {
  await store.close();
  await test.drop();
  rmSync(root, { recursive: true, force: true });
});

const many = (count: number) =>
  store.append(
    'order-many',
    Array.from({ length: count }, () => testEvent({ orderId: id(9), cartId: id(8) }, 'OrderConfirmed')),
    'any',
  );
const signal = new AbortController().signal;
const wanted = { format: 'ndjson', personal: 'omit', signal, partEvents: 50 } as const;
const run = (options: Partial<ExportOptions> & { readonly dir: string }) =>
  exportHistory({ store, keys }, { ...wanted, ...options, dir: join(root, options.dir) });
type Line = ReturnType<typeof shownEvent>;
const filesOf = (dir: string) => readdirSync(join(root, dir)).filter((name) => name.startsWith('events-'));
const linesOf = (dir: string): Line[] =>
  filesOf(dir).flatMap((file) => {
    const text = gunzipSync(readFileSync(join(root, dir, file))).toString();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  });

async function history(): Promise<Line[]> {
  const identity = await store.identity();
  const events: StoredEvent[] = [];
  for await (const page of scanLog(store, { after: null })) events.push(...page);
  return events.map((event) => shownEvent(event, (position) => formatToken(identity, position)));
}
/** As the decode gives it, with every sealed value replaced. */
const putting = (event: Line, put: (sealed: { $sealed: string; person: string }) => unknown): Line => {
  const replaced = (_name: string, value: unknown) =>
    typeof value === 'object' && value !== null && '$sealed' in value ? put(value as never) : value;
  return JSON.parse(JSON.stringify(event), replaced) as Line;
};

it('holds every event of today’s version in order, as every verb shows it, without what is personal', async () => {
  const report = await run({ dir: 'all' });
  const events = await history();
  expect(linesOf('all')).toEqual(events.map((event) => putting(event, () => ({ $personal: 'omitted' }))));
  expect(linesOf('all')[2]).toMatchObject({ type: 'CartAbandoned', data: { reason: 'merged' } });
  expect(report).toEqual({ events: 104, files: 3, head: events.at(-1)?.position, written: 104, undecodable: 1 });
  expect(JSON.stringify(linesOf('all'))).not.toContain(pat);
});

it('opens what is personal where that is asked for; an erased person stays erased', async () => {
  await run({ dir: 'open', personal: 'decrypt' });
  const open = { [pat]: ['a@b.c', { city: 'Bath "x"' }, 'tok'], [gone]: Array(3).fill({ $erased: true }) };
  const events = await history();
  const opened = events.map((event) => putting(event, ({ person }) => open[person]?.shift()));
  expect(linesOf('open')).toEqual(opened);
});

it('is brought up to date by the same command, whose last file is taken up again', async () => {
  await many(20);
  expect(await run({ dir: 'all' })).toMatchObject({ events: 124, files: 3, written: 24 });
  expect(linesOf('all').map(({ id }) => id)).toEqual((await history()).map(({ id }) => id));
  expect(await run({ dir: 'all' })).toMatchObject({ events: 124, files: 3, written: 0 });
});

it('ends where it is told to, keeps what is whole, and goes on from there', async () => {
  const stopping = new AbortController();
  const onProgress = (done: number) => (done >= 60 ? stopping.abort() : undefined);
  expect(await run({ dir: 'stopped', signal: stopping.signal, onProgress })).toBeUndefined();
  expect(filesOf('stopped')).toEqual(['events-000001.ndjson.gz', 'events-000002.ndjson.gz']);
  // As a run that was killed leaves it.
  writeFileSync(join(root, 'stopped', 'events-000003.ndjson.gz.unfinished'), 'half');
  const report = await run({ dir: 'stopped' });
  expect(linesOf('stopped')).toEqual(linesOf('all'));
  expect(report?.written).toBe(24);
  expect(readdirSync(join(root, 'stopped')).some((name) => name.endsWith('.unfinished'))).toBe(false);
});

it('has the same in columns, times as instants, data as JSON', async () => {
  await run({ dir: 'columns', format: 'parquet' });
  const duck = await openDuckDb();
  const sql = `select * exclude (occurredAt, recordedAt), epoch_ms(occurredAt)::double as occurredAt, epoch_ms(recordedAt)::double as recordedAt
    from ${sqlText(join(root, 'columns', '*.parquet'))} order by position`;
  const found = (await duck.connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, string>[];
  duck.close();
  const rows = found.map(({ data = '', metadata: _parsed, ...row }) => ({ ...row, data: JSON.parse(data) }));
  const lines = linesOf('all').map(({ metadata, ...line }) => ({
    ...line,
    category: line.stream.split('-')[0],
    actor: metadata.actor,
    occurredAt: Date.parse(metadata.occurredAt),
    recordedAt: Date.parse(metadata.recordedAt),
    schemaVersion: metadata.schemaVersion,
    commandId: metadata.commandId,
    correlationId: metadata.correlationId,
    causationId: metadata.causationId,
  }));
  expect(rows).toEqual(lines);
  expect(found.map(({ metadata }) => metadata)).toEqual(linesOf('all').map(({ metadata }) => JSON.stringify(metadata)));
});

it('holds only what was asked for, and refuses to become an export of something else', async () => {
  const choosing = { type: ['OrderConfirmed'], category: ['order'] };
  expect(await run({ dir: 'some', choosing })).toMatchObject({ events: 120, undecodable: 0 });
  const refusals: [Partial<ExportOptions>, RegExp][] = [
    [{}, /other events \(--category order --type OrderConfirmed\)/],
    [{ choosing, personal: 'decrypt' }, /--personal omit/],
    [{ choosing, format: 'parquet' }, /as ndjson/],
  ];
  for (const [options, why] of refusals) await expect(run({ dir: 'some', ...options })).rejects.toThrow(why);
  const manifest = join(root, 'some', 'manifest.json');
  const { logId } = JSON.parse(readFileSync(manifest, 'utf8')) as { logId: string };
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(logId, randomUUID()));
  await expect(run({ dir: 'some', choosing })).rejects.toThrow(/another log/);
  writeFileSync(manifest, '{');
  await expect(run({ dir: 'some', choosing })).rejects.toThrow(/none of an export/);
});
