/** The `souk` command, read and followed: what it prints where, its names, and how it ends. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../platform/postgres/free-port.ts';
import { answerOf, type CliShop, lamps, openCliShop } from './testing/cli-shop.ts';
import { runSouk, startSouk } from './testing/run-souk.ts';
import { runVerb } from './testing/run-verb.ts';

let shop: CliShop;
beforeAll(async () => {
  shop = await openCliShop();
  // More than a pipe holds when its events are read.
  await souk('import', 'products', shop.file('lamps.json', lamps(100)));
});
afterAll(() => shop.close());

const souk = (...args: string[]) => runVerb(args, shop.env);

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
    const all = answerOf(await souk('events', 'read', '--category', 'product', '--limit', '6', '--json'));
    const [first] = all;
    const [, , , , last] = all;
    const between = ['events', 'read', '--category', 'product', '--after', first.position, '--before', last.position];
    expect(answerOf(await souk(...between, '--json'))).toEqual(all.slice(1, 4));
    const [{ head }] = answerOf(await souk('projections', 'status', '--json'));
    expect(answerOf(await souk('events', 'read', '--after', head, '--json'))).toEqual([]);
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
    expect(answerOf(await souk('events', 'read', '--actor', 'cli:other', '--json'))).toEqual([]);
    expect(answerOf(await souk('events', 'read', '--since', '2999-01-01', '--json'))).toEqual([]);
  });

  it('ends with 1 where a stream is not there', async () => {
    const done = await runSouk(['events', 'read', 'order-0198f0c2-0000-7000-8000-000000000000'], shop.env);
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toMatch(/There is no stream order-0198f0c2/);
  });

  it('counts the log', async () => {
    const stats = answerOf(await souk('events', 'stats', '--json'));
    expect(Object.keys(stats)).toEqual(['events', 'streams', 'head', 'first', 'last', 'byCategory', 'byType']);
    const { rows } = await shop.engines.database.pool.query('select count(*)::int as n from projections.products');
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
        env: { ...shop.env, PATH: process.env.PATH ?? '' },
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
    const [first] = answerOf(await souk('events', 'read', '--limit', '1', '--json'));
    const tail = startSouk(['events', 'tail', '--after', first.position, '--ndjson'], shop.env);
    await tail.says('\n');
    tail.process.kill('SIGINT');
    const done = await tail.ended;
    expect(done).toMatchObject({ code: 130, stderr: '' });
    expect(JSON.parse(done.stdout.split('\n')[0] ?? '').position > first.position).toBe(true);
  });
});

describe('souk state', () => {
  it('shows a stream as it is, and as it was', async () => {
    const [first] = answerOf(await souk('events', 'read', '--type', 'ProductDrafted', '--limit', '1', '--json'));
    const now = answerOf(await souk('state', first.stream));
    expect(Object.keys(now)).toEqual(['stream', 'revision', 'position', 'recordedAt', 'state']);
    expect(now).toMatchObject({ stream: first.stream, state: { status: 'published' } });
    const then = answerOf(await souk('state', first.stream, '--revision', '0'));
    expect(then).toMatchObject({ revision: 0, position: first.position, state: { status: 'draft' } });
  });

  it('shows maps by id as plain ones', async () => {
    const { state } = answerOf(await souk('state', 'category-tree'));
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
      'name version generation role lane state position head lagSeconds lagEvents eventsPerSecond lastProgressAt parked owner'.split(
        ' ',
      );
    const [lane] = answerOf(await souk('projections', 'status', '--json'));
    expect(Object.keys(lane)).toEqual(names);
    const table = (await souk('projections', 'status')).stdout;
    for (const name of names) expect(table.split('\n')[1]).toContain(name);
  });
});

describe('souk engines', () => {
  const names = ['concern', 'engine', 'version', 'url', 'reachable', 'latencyMs'];
  it('names each engine, without its password', async () => {
    const { password } = new URL(shop.engines.settings.DATABASE_URL ?? '');
    const done = await souk('engines', '--json');
    const rows = answerOf(done);
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
    const away = { ...shop.env, DATABASE_URL: `postgres://souk@127.0.0.1:${await freePort()}/souk` };
    const done = await runSouk(['events', 'stats'], away);
    expect(done).toMatchObject({ code: 3, stdout: '' });
    expect(done.stderr).toMatch(/^An engine cannot be reached: [^\n]*\n$/);
  });

  it('ends with 2 and what is wrong at a wrong setting, an unknown verb or none', async () => {
    const wrong = await runSouk(['engines'], { ...shop.env, SOUK_MASTER_KEY: 'short' });
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
