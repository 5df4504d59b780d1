/** Loads a fold that somebody wrote. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommandFailed, EXIT } from '../exit.ts';
import type { Fold } from './fold.ts';

/** TypeScript or JavaScript. Fails as wrong usage where there is no such file, or it is no fold. */
export async function loadFold(file: string): Promise<Fold<unknown>> {
  const path = resolve(file);
  if (!existsSync(path)) throw new CommandFailed(EXIT.usage, `${file} is not there.`);
  const loaded = await load(file, path);
  // Where no package.json says that a folder's files are modules, what they export comes as one object.
  const fold = [loaded, loaded.default, (loaded.default as Exports | undefined)?.default].find(isFold);
  if (fold) return fold;
  throw new CommandFailed(
    EXIT.usage,
    `${file} is no fold: it should export initial and evolve(state, event), and may export finish(state), each by its name or all as the default.`,
  );
}

type Exports = { readonly default?: unknown };

async function load(file: string, path: string): Promise<Exports> {
  try {
    await takeScripts();
    return (await import(pathToFileURL(path).href)) as Exports;
  } catch (error) {
    throw new CommandFailed(EXIT.usage, `${file} cannot be loaded: ${errorText(error)}`);
  }
}

/** Where nothing says that a file is a module, Node takes it for a script, and tsx has to know of scripts as well. */
async function takeScripts(): Promise<void> {
  if ((process.features as { readonly typescript?: unknown }).typescript) return;
  const { register } = await import('tsx/cjs/api');
  register();
}

/** With the place in the file, which the stack's first lines have. */
export function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join('\n') : String(error);
}

function isFold(value: unknown): value is Fold<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const { evolve, finish } = value as Partial<Fold<unknown>>;
  const finishes = finish === undefined || typeof finish === 'function';
  return 'initial' in value && typeof evolve === 'function' && finishes;
}
