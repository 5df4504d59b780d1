/** Which account Postgres runs under, and what that account may enter: Postgres refuses to run as root. */
import { chown, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errorCode } from '../process/error-code.ts';

export type Account = { readonly uid: number; readonly gid: number; readonly name: string };

/** Whether this process runs as root (never on Windows). */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The machine's account without rights. */
export async function unprivilegedAccount(): Promise<Account> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('nobody:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534), name: 'nobody' };
}

/** The owner of a file as an account; undefined when the file is not there or is root's. */
export async function ownerOf(path: string): Promise<Account | undefined> {
  try {
    const { uid, gid } = await stat(path);
    if (uid === 0) return undefined;
    const nobody = await unprivilegedAccount();
    return uid === nobody.uid ? nobody : { uid, gid, name: `account ${uid}` };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether the account may enter this folder and every folder above it; what is not there yet counts as enterable. */
export async function canEnter(account: Account, folder: string): Promise<boolean> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    if (!(await mayExecute(account, path))) return false;
    if (path === dirname(path)) return true;
  }
}

/** Gives a file to the account; without one (an ordinary user) it is ours already. */
export async function giveTo(account: Account | undefined, path: string): Promise<void> {
  if (account) await chown(path, account.uid, account.gid);
}

async function mayExecute(account: Account, path: string): Promise<boolean> {
  try {
    const { uid, gid, mode } = await stat(path);
    if (uid === account.uid) return (mode & 0o100) !== 0;
    if (gid === account.gid) return (mode & 0o010) !== 0;
    return (mode & 0o001) !== 0;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return true;
    throw error;
  }
}
