/** The secret by which a guest proves a cart; the log holds only its hash. */
import { createHash } from 'node:crypto';
import type { KeyStore } from '../../platform/keys/key-store.ts';

/** 32 bytes that nobody can guess without the log's secret, and the same again when the command is repeated. */
export function cartTokenOf(keys: KeyStore, commandId: string): string {
  return Buffer.from(keys.digest('cart-token', commandId), 'hex').toString('base64url');
}

/** SHA-256 in hex. */
export function cartTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
