/** The signed head beside the database: a log that was cut short or rewritten, links and all, no longer fits to it. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../platform/process/error-code.ts';
import type { LogIdentity } from '../port.ts';
import { type SignedHead, signedHeadSchema } from './signed-head.ts';

export type KeptHead = {
  /** Where it is. */
  readonly path: string;
  /** Of this log in this epoch; undefined where there is none. Throws where the file is no signed head. */
  read(log: LogIdentity): Promise<SignedHead | undefined>;
  /** Replaces it as a whole; one of another log, or of an earlier state of this one, is put aside under its own name. */
  write(head: SignedHead): Promise<void>;
};

/** In a folder that must be there; undefined where it is not. */
export async function keptHeadIn(folder: string): Promise<KeptHead | undefined> {
  const found = await stat(folder).catch(() => undefined); // It is not there, or not for us.
  if (!found?.isDirectory()) return undefined;
  const path = join(folder, 'chain-head.json');
  const aside = ({ logId, epoch }: LogIdentity) => join(folder, `chain-head.${logId.slice(0, 8)}-${epoch}.json`);
  return {
    path,
    async read(log) {
      for (const place of [path, aside(log)]) {
        const head = await readHead(place);
        if (head && isSameLog(head, log)) return head;
      }
      return undefined;
    },
    async write(head) {
      const before = await readHead(path);
      if (before && !isSameLog(before, head)) await rename(path, aside(before));
      const draft = `${path}.new-${process.pid}`;
      await writeFile(draft, `${JSON.stringify(head)}\n`);
      await rename(draft, path);
    },
  };
}

async function readHead(path: string): Promise<SignedHead | undefined> {
  try {
    return parseSignedHead(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws, in words, where the text is none. */
export function parseSignedHead(text: string, from: string): SignedHead {
  try {
    return signedHeadSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${from} holds no signed head of an event chain, as souk events verify --json prints it`, {
      cause: error,
    });
  }
}

function isSameLog(a: LogIdentity, b: LogIdentity): boolean {
  return a.logId === b.logId && a.epoch === b.epoch;
}
