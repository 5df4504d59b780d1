/** One spelling for an e-mail address, and the key under which the log knows it without holding it. */
import type { KeyStore } from '../../platform/keys/key-store.ts';

/** Trimmed, NFKC, lower case: addresses are compared without case. */
export function normaliseEmail(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase();
}

/** Names the stream `email-{emailKey}`: a keyed hash, because a stream's name cannot be sealed. */
export function emailKeyOf(keys: KeyStore, email: string): string {
  return keys.digest('email', normaliseEmail(email));
}
