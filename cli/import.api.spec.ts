/** `souk import products` as people type it: its report, how it ends, and a shop that is started for it alone. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../platform/postgres/free-port.ts';
import { until } from '../platform/testing/until.ts';
import { answerOf, type CliShop, lamp, lamps, openCliShop } from './testing/cli-shop.ts';
import { runSouk, startSouk } from './testing/run-souk.ts';
import { runVerb } from './testing/run-verb.ts';

let shop: CliShop;
beforeAll(async () => {
  shop = await openCliShop();
});
afterAll(() => shop.close());

const souk = (...args: string[]) => runVerb(args, shop.env);
const file: CliShop['file'] = (name, content) => shop.file(name, content);
async function products(): Promise<number> {
  const { rows } = await shop.engines.database.pool.query(`select count(*)::int as n from projections.products`);
  return rows[0].n;
}

describe('souk import products', () => {
  it('ends with its report as one line of JSON, and nothing else on stdout', async () => {
    const rows = lamps(20).map((row) => ({ ...row, colour: 'red' }));
    const done = await runSouk(['import', 'products', file('lamps.json', rows)], shop.env);
    expect(done).toMatchObject({ code: 0, stderr: 'Columns that are not known and are ignored: colour\n' });
    expect(done.stdout).toBe('{"read":20,"added":20,"revised":0,"unchanged":0,"refused":[]}\n');
  });

  it('brings the projections up to date: what it added is found by their rows when it ends', async () => {
    const { rows } = await shop.engines.database.pool.query('select count(*)::int as n from projections.products');
    expect(rows).toEqual([{ n: 20 }]);
    const lanes = answerOf(await souk('projections', 'status', '--json'));
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
    expect(answerOf(done)).toMatchObject({
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
    expect(answerOf(await souk('import', 'products', path, '--seller', 'imports'))).toMatchObject({ unchanged: 1 });
    const [applied] = answerOf(await souk('events', 'read', '--type', 'SellerApplied', '--json'));
    const byId = await souk('import', 'products', path, '--seller', applied.data.sellerId);
    expect(answerOf(byId)).toMatchObject({ unchanged: 1 });
  });

  it('does not wait for a search engine that is away', async () => {
    const TYPESENSE_URL = `http://127.0.0.1:${await freePort()}`;
    const away = { ...shop.env, TYPESENSE_URL, TYPESENSE_API_KEY: 'key' };
    const done = await runSouk(['import', 'products', file('one.json', [lamp(0)])], away);
    expect(done.code).toBe(0);
    expect(answerOf(done)).toMatchObject({ unchanged: 1 });
    expect(done.stderr).toContain('Typesense does not answer');
  });

  it('ends with 130 and its report at Ctrl-C, and goes on where it stopped', async () => {
    const rows = Array.from({ length: 400 }, (_, at) => ({ ...lamp(at), id: `long${at}` }));
    const path = file('long.json', rows);
    const before = await products();
    const running = startSouk(['import', 'products', path], shop.env);
    await until(async () => (await products()) >= before + 50);
    running.process.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped).toMatchObject({ code: 130, signal: null });
    const { added } = answerOf(stopped);
    expect(added).toBeLessThan(400);
    const again = await souk('import', 'products', path);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(answerOf(again)).toMatchObject({ added: 400 - added, unchanged: added });
  }, 120_000);
});

describe('souk without a shop that runs', () => {
  it('starts the embedded engine for the time of the command, and ends it', async () => {
    const dataDir = join(shop.folder, 'embedded');
    mkdirSync(dataDir);
    // Where root starts it, Postgres runs as another account, which must get in.
    for (const path of [shop.folder, dataDir]) chmodSync(path, 0o755);
    const done = await runSouk(['import', 'products', file('one.json', [lamp(0)])], { SOUK_DATA_DIR: dataDir });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(answerOf(done)).toMatchObject({ added: 1 });
    expect(existsSync(join(dataDir, 'postgres', 'cluster', 'data', 'PG_VERSION'))).toBe(true);
    expect(existsSync(join(dataDir, 'postgres', 'cluster', 'data', 'postmaster.pid'))).toBe(false);
  });
});
