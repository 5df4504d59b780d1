/** The key all secrets hang on: given, or made once and kept under the data folder. */
import { hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, errorMessage } from '../process/error-code.ts';
import { type Config, ConfigError } from './config.ts';

/**
 * The master key, 32 bytes: SOUK_MASTER_KEY, else the one in the data folder, which is made when there is none.
 * Processes that start together agree on one. Throws ConfigError when it cannot be kept or read.
 */
export async function masterKeyOf(config: Pick<Config, 'masterKey' | 'dataDir'>): Promise<Buffer> {
  if (config.masterKey) return config.masterKey;
  const path = join(config.dataDir, 'master-key');
  try {
    return (await readKey(path)) ?? (await makeKey(config.dataDir, path));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([
      `SOUK_MASTER_KEY is not set, and ${path} cannot be used (${errorMessage(error)}); set it, or let this account write there`,
    ]);
  }
}

/** The master key where there is one; none is made. Throws as `masterKeyOf` does. */
export async function findMasterKey(config: Pick<Config, 'masterKey' | 'dataDir'>): Promise<Buffer | undefined> {
  return config.masterKey ?? (await readKey(join(config.dataDir, 'master-key')));
}

/** A key for one purpose, 32 bytes, which tells nothing of the master key or of other purposes' keys (HKDF, RFC 5869). */
export function deriveKey(masterKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, 'souk', purpose, 32));
}

/** The secret the sandbox gateway signs its webhooks with, as the Standard Webhooks specification writes secrets. */
export function sandboxWebhookSecret(masterKey: Buffer): string {
  return `whsec_${deriveKey(masterKey, 'sandbox-webhook').toString('base64')}`;
}

async function readKey(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (!/^[0-9a-f]{64}$/.test(text)) {
    // Making another one would leave everything sealed so far unreadable.
    throw new ConfigError([`${path} does not hold a master key (64 hex digits); restore it, or set SOUK_MASTER_KEY`]);
  }
  return Buffer.from(text, 'hex');
}

async function makeKey(dataDir: string, path: string): Promise<Buffer> {
  await mkdir(dataDir, { recursive: true });
  const key = randomBytes(32);
  const draft = `${path}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(`${key.toString('hex')}\n`);
    // What is sealed under a key that did not reach the disk is lost with the next power cut.
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // A link, not a rename: the second of two processes must not replace the key the first already uses.
    await link(draft, path);
    return key;
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const theirs = await readKey(path);
    if (!theirs) throw error;
    return theirs;
  } finally {
    await rm(draft, { force: true });
  }
}
