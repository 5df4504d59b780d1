import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { deriveKey, masterKeyOf, sandboxWebhookSecret } from './master-key.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'souk-master-key-'));
});
afterEach(() => rm(dataDir, { recursive: true }));

it('is made once, for this account only, and is the same ever after', async () => {
  const made = await masterKeyOf({ dataDir });
  expect(made).toHaveLength(32);
  expect((await stat(join(dataDir, 'master-key'))).mode & 0o777).toBe(0o600);
  expect(await masterKeyOf({ dataDir })).toEqual(made);
});

it('is one key for all who start together', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => masterKeyOf({ dataDir: join(dataDir, 'new') })));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(await readdir(join(dataDir, 'new'))).toEqual(['master-key']);
});

it('is the variable’s when it is set', async () => {
  const masterKey = Buffer.alloc(32, 1);
  expect(await masterKeyOf({ masterKey, dataDir })).toBe(masterKey);
  expect(await readdir(dataDir)).toEqual([]);
});

it('is never replaced when the file is damaged', async () => {
  await writeFile(join(dataDir, 'master-key'), 'abc');
  await expect(masterKeyOf({ dataDir })).rejects.toThrow(/does not hold a master key .* restore it/);
});

it('gives every purpose a key of its own', () => {
  const key = Buffer.alloc(32, 7);
  expect(deriveKey(key, 'one')).not.toEqual(deriveKey(key, 'two'));
  expect(sandboxWebhookSecret(key)).toMatch(/^whsec_[\w+/]{43}=$/);
});
