/** The dependency rule must bite: each planted violation is reported, and the tree itself is clean and really read. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');
const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const planted: string[] = [];

afterEach(() => {
  for (const folder of planted.splice(0)) rmSync(folder, { recursive: true, force: true });
});

type Report = { summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] } };

function cruise(folder: string): Report {
  const { stdout } = spawnSync(
    process.execPath,
    [bin, '--config', join(root, '.dependency-cruiser.js'), '--output-type', 'json', '.'],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as Report;
}

function plant(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'souk-arrows-'));
  planted.push(folder);
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  return folder;
}

describe('the arrows between folders', () => {
  it.each([
    ['domain-arrows', 'domain/a.ts', 'platform/b.ts'],
    ['platform-arrows', 'platform/a.ts', 'domain/b.ts'],
    ['event-store-arrows', 'event-store/a.ts', 'domain/b.ts'],
    ['commands-arrows', 'commands/a.ts', 'projections/b.ts'],
    ['commands-arrows', 'commands/a.ts', 'event-store/postgres/b.ts'],
    ['projections-arrows', 'projections/a.ts', 'commands/b.ts'],
    ['write-api-arrows', 'write-api/a.ts', 'projections/b.ts'],
    ['read-api-arrows', 'read-api/a.ts', 'commands/b.ts'],
    ['nothing-imports-the-top', 'commands/a.ts', 'cli/b.ts'],
  ])('%s refuses %s -> %s', (rule, from, to) => {
    const up = '../'.repeat(from.split('/').length - 1);
    const folder = plant({
      [from]: `import { b } from '${up}${to}';\nexport const a = b;\n`,
      [to]: 'export const b = 1;\n',
    });
    expect(cruise(folder).summary.violations).toContainEqual(
      expect.objectContaining({ from, to, rule: expect.objectContaining({ name: rule }) }),
    );
  });

  it('counts an import of a type alone', () => {
    const folder = plant({
      'domain/a.ts': "import type { B } from '../platform/b.ts';\nexport type A = B;\n",
      'platform/b.ts': 'export type B = 1;\n',
    });
    expect(cruise(folder).summary.violations.map((violation) => violation.rule.name)).toContain('domain-arrows');
  });

  it('refuses what Node offers inside the domain', () => {
    const folder = plant({ 'domain/a.ts': "import { hash } from 'node:crypto';\nexport const a = hash;\n" });
    expect(cruise(folder).summary.violations.map((violation) => violation.rule.name)).toContain(
      'domain-needs-only-zod',
    );
  });

  it('hold in this tree', () => {
    const report = cruise(root);
    expect(report.summary.violations).toEqual([]);
    // A parser that is missing reads nothing and finds nothing.
    expect(report.summary.totalCruised).toBeGreaterThan(30);
  });
});
