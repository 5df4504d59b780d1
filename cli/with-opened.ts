/** Runs a verb on parts of a shop that it opens itself, as it does not speak to a whole one. */
import { WrongShop } from '../composition/moving/move-shop.ts';
import { type DatabasePlace, hasEmbedded } from '../composition/moving/open-log.ts';
import { CopyRefused } from '../event-store/copy/copy-refused.ts';
import type { Config } from '../platform/config/config.ts';
import { CommandFailed, EXIT } from './exit.ts';
import { cliSettings, interruptible, reached } from './with-engines.ts';

/** What was opened is closed in the reverse order. */
export type Opened = <T extends { close(): Promise<void> }>(opening: () => Promise<T>) => Promise<T>;

/** Closes what the verb opened, however it ends; refusals of the log end it with the code for them. */
export async function withOpened(work: (open: Opened, interrupted: AbortSignal) => Promise<void>): Promise<void> {
  await interruptible(async (interrupted) => {
    const closing: (() => Promise<void>)[] = [];
    try {
      await work(async (opening) => {
        const opened = await reached(opening);
        closing.push(() => opened.close());
        return opened;
      }, interrupted);
    } catch (error) {
      if (error instanceof WrongShop) throw new CommandFailed(EXIT.usage, error.message);
      if (error instanceof CopyRefused) throw new CommandFailed(EXIT.refused, error.message);
      throw error;
    } finally {
      for (const close of closing.reverse()) await close();
    }
  });
}

/** The settings; wrong ones are wrong usage. */
export function usedSettings(): ReturnType<typeof cliSettings> {
  try {
    return cliSettings();
  } catch (error) {
    throw new CommandFailed(EXIT.usage, (error as Error).message);
  }
}

/** Where the database of the shop is that the environment names; undefined: there is none, and no place is named. */
export function shopPlace({ databaseUrl, dataDir }: Config): DatabasePlace | undefined {
  if (databaseUrl !== undefined) return { engine: 'postgres', url: databaseUrl };
  return hasEmbedded(dataDir) ? { engine: 'embedded', dataDir } : undefined;
}
