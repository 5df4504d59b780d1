/** What the command needs to speak to a shop of a test's own: engines, a folder for its files, and the environment. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ended } from '../../composition/testing/start-child.ts';
import { openShopEngines, type ShopEngines } from '../../test/support/shop-engines.ts';

export type CliShop = {
  readonly engines: ShopEngines;
  readonly folder: string;
  /** Names the engines, the key and the folder; acts as `cli:test`. */
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file into the folder, rows as JSON; answers its path. */
  file(name: string, content: string | readonly object[]): string;
  close(): Promise<void>;
};

/** Opens it, empty. */
export async function openCliShop(): Promise<CliShop> {
  const engines = await openShopEngines();
  const folder = mkdtempSync(join(tmpdir(), 'souk-cli-'));
  const SOUK_MASTER_KEY = randomBytes(32).toString('hex');
  return {
    engines,
    folder,
    env: { ...engines.settings, SOUK_MASTER_KEY, SOUK_DATA_DIR: folder, SOUK_ACTOR: 'test' },
    file(name, content) {
      const path = join(folder, name);
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    },
    async close() {
      await engines.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a command answered; where it answered nothing, what it said instead. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers without a type for each
export const answerOf = ({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): any =>
  stdout === '' ? { stderr } : JSON.parse(stdout);

/** A row of a file for `souk import products`. */
export const lamp = (at: number) => ({
  id: `l${at}`,
  name: `Lamp ${at}`,
  brand: 'Acme',
  categories: ['Home'],
  price: 5 + at,
  stock: 2,
});

/** So many of them. */
export const lamps = (many: number) => Array.from({ length: many }, (_, at) => lamp(at));
