/** The five minutes with curl that the README promises, run as it stands there by `sh` against a demo shop. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type StartedShop, startTestShop } from '../write-api/testing/start-test-shop.ts';

const ROOT = resolve(import.meta.dirname, '..');
let shop: StartedShop;
let bin: string;
beforeAll(async () => {
  shop = await startTestShop({ SOUK_SEED: 'demo' });
  bin = mkdtempSync(join(tmpdir(), 'souk-walk-'));
  // Where there is no curl, this one does what the walk asks of it.
  writeFileSync(
    join(bin, 'curl'),
    `#!/bin/sh\nexec "${process.execPath}" "${ROOT}/composition/testing/curl.mjs" "$@"\n`,
  );
  chmodSync(join(bin, 'curl'), 0o755);
}, 120_000);
afterAll(async () => {
  rmSync(bin, { recursive: true, force: true });
  await shop.stop();
});

/** The commands between the markers. */
function walk(): string {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, block] = /<!-- walk:begin -->\s*```sh\n([\s\S]*?)```\s*<!-- walk:end -->/.exec(readme) ?? [];
  if (block === undefined) throw new Error('README.md has no walk between its markers');
  return block;
}

async function run(
  script: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const path = [dirname(process.execPath), process.env.PATH ?? '', bin].join(delimiter);
  const shell = spawn('sh', ['-eu', '-c', script], { cwd: bin, env: { PATH: path, HOME: bin } });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    shell[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  }
  const code = await new Promise<number | null>((done) => shell.once('close', done));
  return { code, ...said };
}

describe('the walk in the README', () => {
  it('finds headphones by a typo, and buys two of them', async () => {
    const script = walk();
    expect(script).toContain('SHOP=http://localhost:8080\n');
    const asked = script.replace('http://localhost:8080', shop.url);
    // What each step prints, one after the other, with a mark between.
    const marked = asked.replace(/^(curl |echo )/gm, 'printf "\\n"; $1');
    const { code, stdout, stderr } = await run(marked);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const said = stdout.split('\n').filter((line) => line !== '');
    const [list, search, cart, placed, order] = said.map((line) => JSON.parse(line));
    expect(said).toHaveLength(5);
    expect(list.items).toHaveLength(3);
    expect(search.items[0].name).toMatch(/headphone/i);
    expect(Object.keys(search.facets)).toEqual(expect.arrayContaining(['brand', 'category', 'price']));
    expect(cart.lines).toMatchObject([{ quantity: 2 }]);
    expect(placed).toMatchObject({ status: 'confirmed', orderId: order.orderId });
    expect(order).toMatchObject({ status: 'confirmed', lines: [{ quantity: 2 }] });
  });
});
