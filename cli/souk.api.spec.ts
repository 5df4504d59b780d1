/** The `souk` command, run as people run it: what it prints where, its names, and how it ends. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Ended } from '../composition/testing/start-child.ts';
import { freePort } from '../platform/postgres/free-port.ts';
import { openShopEngines, type ShopEngines } from '../test/support/shop-engines.ts';
import { runSouk, startSouk } from './testing/run-souk.ts';

let test: ShopEngines;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  test = await openShopEngines();
  folder = mkdtempSync(join(tmpdir(), 'souk-cli-'));
  const SOUK_MASTER_KEY = randomBytes(32).toString('hex');
  env = { ...test.settings, SOUK_MASTER_KEY, SOUK_DATA_DIR: folder, SOUK_ACTOR: 'test' };
});
afterAll(async () => {
  await test.close();
  rmSync(folder, { recursive: true, force: true });
});

const souk = (...args: string[]) => runSouk(args, env);
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers without a type for each
const json = ({ stdout, stderr }: Ended): any => (stdout === '' ? { stderr } : JSON.parse(stdout));
function file(name: string, content: string | readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const lamp = (at: number) => ({
  id: `l${at}`,
  name: `Lamp ${at}`,
  brand: 'Acme',
  categories: ['Home'],
  price: 5 + at,
  stock: 2,
});
const lamps = (many: number) => Array.from({ length: many }, (_, at) => lamp(at));

describe('souk import products', () => {
  it('ends with its report as one line of JSON, and nothing else on stdout', async () => {
    const done = await souk(
      'import',
      'products',
      file(
        'lamps.json',
        lamps(20).map((row) => ({ ...row, colour: 'red' })),
      ),
    );
    expect(done).toMatchObject({ code: 0, stderr: 'Columns that are not known and are ignored: colour\n' });
    expect(done.stdout).toBe('{"read":20,"added":20,"revised":0,"unchanged":0,"refused":[]}\n');
  });

  it('brings the projections up to date: what it added is found by their rows when it ends', async () => {
    const { rows } = await test.database.pool.query('select count(*)::int as n from projections.products');
    expect(rows).toEqual([{ n: 20 }]);
    const lanes = json(await souk('projections', 'status', '--json'));
    expect(lanes.length).toBeGreaterThan(5);
    for (const lane of lanes) expect(lane).toMatchObject({ state: 'live', lagEvents: 0, position: lane.head });
  });

  it('ends with 1 where lines were refused, named in the report', async () => {
    const done = await souk(
      'import',
      'products',
      file('bad.ndjson', `${JSON.stringify(lamp(0))}\n{"name":\n{"name":"x"}\n`),
    );
    expect(done.code).toBe(1);
    expect(done.stdout.trim().split('\n')).toHaveLength(1);
    expect(json(done)).toMatchObject({
      read: 3,
      unchanged: 1,
      refused: [
        { line: 2, code: 'malformed' },
        { line: 3, code: 'invalid' },
      ],
    });
  });

  it.each([
    ['a file that is not there', ['nowhere.json'], /nowhere\.json cannot be read/],
    ['a seller that is not there', ['FILE', '--seller', 'Nobody'], /There is no seller Nobody/],
  ])('takes %s for wrong usage', async (_what, args, why) => {
    const done = await souk(
      'import',
      'products',
      ...args.map((arg) => (arg === 'FILE' ? file('one.json', [lamp(0)]) : arg)),
    );
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(why);
  });

  it('takes a seller by name and by id', async () => {
    const path = file('mine.json', [lamp(0)]);
    expect(json(await souk('import', 'products', path, '--seller', 'imports'))).toMatchObject({ unchanged: 1 });
    const [applied] = json(await souk('events', 'read', '--type', 'SellerApplied', '--json'));
    const byId = await souk('import', 'products', path, '--seller', applied.data.sellerId);
    expect(json(byId)).toMatchObject({ unchanged: 1 });
  });

  it('ends with 130 and its report at Ctrl-C, and goes on where it stopped', async () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => ({ ...lamp(at), id: `long${at}` }));
    const path = file('long.json', rows);
    const before = await productsOf(test);
    const running = startSouk(['import', 'products', path], env);
    while ((await productsOf(test)) < before + 50) await new Promise((done) => setTimeout(done, 20));
    running.process.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped).toMatchObject({ code: 130, signal: null });
    const { added } = json(stopped);
    expect(added).toBeLessThan(1_000);
    const again = await souk('import', 'products', path);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(json(again)).toMatchObject({ added: 1_000 - added, unchanged: added });
  }, 120_000);
});

describe('souk without a shop that runs', () => {
  it('starts the embedded engine for the time of the command, and ends it', async () => {
    const dataDir = join(folder, 'embedded');
    mkdirSync(dataDir);
    // Where root starts it, Postgres runs as another account, which must get in.
    for (const path of [folder, dataDir]) chmodSync(path, 0o755);
    const done = await runSouk(['import', 'products', file('one.json', [lamp(0)])], { SOUK_DATA_DIR: dataDir });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(json(done)).toMatchObject({ added: 1 });
    expect(existsSync(join(dataDir, 'postgres', 'cluster', 'data', 'PG_VERSION'))).toBe(true);
    expect(existsSync(join(dataDir, 'postgres', 'cluster', 'data', 'postmaster.pid'))).toBe(false);
  });

  it('does not wait for a search engine that is away', async () => {
    const TYPESENSE_URL = `http://127.0.0.1:${await freePort()}`;
    const away = { SOUK_DATA_DIR: join(folder, 'embedded'), TYPESENSE_URL, TYPESENSE_API_KEY: 'key' };
    const done = await runSouk(['import', 'products', file('one.json', [lamp(0)])], away);
    expect(done.code).toBe(0);
    expect(json(done)).toMatchObject({ unchanged: 1 });
    expect(done.stderr).toContain('Typesense does not answer');
  });
});

describe('souk events', () => {
  it('shows an event in NDJSON exactly as the API guide has it', async () => {
    const done = await souk('events', 'read', '--type', 'ProductPublished', '--limit', '2', '--ndjson');
    const lines = done.stdout.trim().split('\n');
    expect(lines).toHaveLength(2);
    const event = JSON.parse(lines[0] ?? '');
    expect(Object.keys(event)).toEqual(['position', 'stream', 'revision', 'id', 'type', 'data', 'metadata']);
    expect(Object.keys(event.metadata).slice(0, 3)).toEqual(['commandId', 'correlationId', 'causationId']);
    expect(Object.keys(event.metadata)).toEqual(
      expect.arrayContaining(['actor', 'occurredAt', 'recordedAt', 'schemaVersion']),
    );
    expect(Object.keys(event.metadata).filter((name) => name.startsWith('$'))).toEqual([]);
    expect(event).toMatchObject({ type: 'ProductPublished', metadata: { actor: 'cli:test' } });
    expect(event.stream).toBe(`product-${event.data.productId}`);
  });

  it('takes the positions that it shows, exclusive after and before', async () => {
    const all = json(await souk('events', 'read', '--category', 'product', '--limit', '6', '--json'));
    const [first] = all;
    const [, , , , last] = all;
    const between = ['events', 'read', '--category', 'product', '--after', first.position, '--before', last.position];
    expect(json(await souk(...between, '--json'))).toEqual(all.slice(1, 4));
    const [{ head }] = json(await souk('projections', 'status', '--json'));
    expect(json(await souk('events', 'read', '--after', head, '--json'))).toEqual([]);
  });

  it.each([
    ['a position of another log', ['--after', 'ffffffff-1-0000000000000001'], /another log/],
    ['an option that does not exist', ['--sinse', '2026-01-01'], /unknown option.*\n[\s\S]*Usage: souk events read/],
  ])('takes %s for wrong usage', async (_what, args, why) => {
    const done = await souk('events', 'read', ...args);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toMatch(why);
  });

  it('selects by actor and by time', async () => {
    expect(json(await souk('events', 'read', '--actor', 'cli:other', '--json'))).toEqual([]);
    expect(json(await souk('events', 'read', '--since', '2999-01-01', '--json'))).toEqual([]);
  });

  it('ends with 1 where a stream is not there', async () => {
    const done = await souk('events', 'read', 'order-0198f0c2-0000-7000-8000-000000000000');
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/There is no stream order-0198f0c2/);
  });

  it('counts the log', async () => {
    const stats = json(await souk('events', 'stats', '--json'));
    expect(Object.keys(stats)).toEqual(['events', 'streams', 'head', 'first', 'last', 'byCategory', 'byType']);
    const { rows } = await test.database.pool.query('select count(*)::int as n from projections.products');
    expect(stats.byCategory.product).toBeGreaterThanOrEqual(rows[0].n * 3);
    expect(stats.byType.ProductPublished).toBe(rows[0].n);
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
    expect([sum(stats.byCategory), sum(stats.byType)]).toEqual([stats.events, stats.events]);
  });

  it('ends quietly where who reads has gone, as head does', async () => {
    const shell = spawn(
      'sh',
      ['-c', '{ "$0" cli/souk.mjs events read --ndjson; echo "code $?" >&2; } | head -n 1', process.execPath],
      {
        cwd: resolve(import.meta.dirname, '..'),
        env: { ...env, PATH: process.env.PATH ?? '' },
      },
    );
    let stderr = '';
    shell.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    await new Promise((done) => shell.once('close', done));
    expect(stderr).toBe('code 0\n');
  });

  it('tails from a position, and ends with 130 at Ctrl-C', async () => {
    const [first] = json(await souk('events', 'read', '--limit', '1', '--json'));
    const tail = startSouk(['events', 'tail', '--after', first.position, '--ndjson'], env);
    await tail.says('\n');
    tail.process.kill('SIGINT');
    const done = await tail.ended;
    expect(done).toMatchObject({ code: 130, stderr: '' });
    expect(JSON.parse(done.stdout.split('\n')[0] ?? '').position > first.position).toBe(true);
  });
});

describe('souk state', () => {
  it('shows a stream as it is, and as it was', async () => {
    const [first] = json(await souk('events', 'read', '--type', 'ProductDrafted', '--limit', '1', '--json'));
    const now = json(await souk('state', first.stream));
    expect(Object.keys(now)).toEqual(['stream', 'revision', 'position', 'recordedAt', 'state']);
    expect(now).toMatchObject({ stream: first.stream, state: { status: 'published' } });
    const then = json(await souk('state', first.stream, '--revision', '0'));
    expect(then).toMatchObject({ revision: 0, position: first.position, state: { status: 'draft' } });
  });

  it('shows maps by id as plain ones', async () => {
    const { state } = json(await souk('state', 'category-tree'));
    expect(Object.values(state.categories)).toMatchObject([{ name: 'Home' }]);
  });

  it.each([
    ['a stream that is not there', ['order-0198f0c2-0000-7000-8000-000000000000'], 1, /There is no stream/],
    ['a revision that is not there', ['category-tree', '--revision', '999'], 1, /at revision 999/],
  ])('refuses %s', async (_what, args, code, why) => {
    const done = await souk('state', ...args);
    expect(done).toMatchObject({ code, stdout: '' });
    expect(done.stderr).toMatch(why);
  });
});

describe('souk projections status', () => {
  it('has the columns of the API guide, in JSON and as a table', async () => {
    const names =
      'name version generation lane state position head lagSeconds lagEvents eventsPerSecond lastProgressAt parked owner'.split(
        ' ',
      );
    const [lane] = json(await souk('projections', 'status', '--json'));
    expect(Object.keys(lane)).toEqual(names);
    const table = (await souk('projections', 'status')).stdout;
    for (const name of names) expect(table.split('\n')[1]).toContain(name);
  });
});

describe('souk engines', () => {
  const names = ['concern', 'engine', 'version', 'url', 'reachable', 'latencyMs'];
  it('names each engine, without its password', async () => {
    const { password } = new URL(test.settings.DATABASE_URL ?? '');
    const done = await souk('engines', '--json');
    const rows = json(done);
    expect(done.code).toBe(0);
    for (const row of rows) expect(row).toMatchObject({ reachable: true, latencyMs: expect.any(Number) });
    expect(Object.keys(rows[0])).toEqual(names);
    expect(rows.map(({ concern }: { concern: string }) => concern)).toEqual([
      'event log',
      'read models',
      'carts',
      'search',
      'payments',
    ]);
    expect(password === '' || !done.stdout.includes(password)).toBe(true);
  });
});

describe('the command itself', () => {
  it('ends other verbs with 3 and a sentence where an engine is away', async () => {
    const away = { ...env, DATABASE_URL: `postgres://souk@127.0.0.1:${await freePort()}/souk` };
    const done = await runSouk(['events', 'stats'], away);
    expect(done).toMatchObject({ code: 3, stdout: '' });
    expect(done.stderr).toMatch(/^An engine cannot be reached: [^\n]*\n$/);
  });

  it('ends with 2 and what is wrong at a wrong setting, an unknown verb or none', async () => {
    const wrong = await runSouk(['engines'], { ...env, SOUK_MASTER_KEY: 'short' });
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toMatch(/SOUK_MASTER_KEY/);
    expect(await souk('evnts')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/unknown command/),
    });
    expect(await souk()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/Usage: souk/) });
  });

  it('explains every verb', async () => {
    const help = await souk('import', 'products', '--help');
    expect(help).toMatchObject({ code: 0, stdout: expect.stringMatching(/Usage: souk import products/) });
  });
});

async function productsOf({ database }: ShopEngines): Promise<number> {
  const { rows } = await database.pool.query(`select count(*)::int as n from projections.products`);
  return rows[0].n;
}
