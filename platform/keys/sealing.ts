/** The cryptography of personal fields: keys wrapped by the master key, values sealed by a person's key. Pure. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** What is used of a person's key: it is never applied itself, so that two uses cannot weaken each other. */
export type PersonKey = { readonly encryption: Buffer; readonly nonce: Buffer };

/** The two subkeys of a person's key (HKDF-SHA256, RFC 5869). */
export function personKey(secret: Buffer): PersonKey {
  const derive = (info: string) => Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), info, KEY_BYTES));
  let nonce: Buffer | undefined;
  return {
    encryption: derive('souk/personal/encryption'),
    // Who only opens, as a rebuild does for everybody who ever bought, needs none.
    get nonce() {
      nonce ??= derive('souk/personal/nonce');
      return nonce;
    },
  };
}

/** Encrypts a key under the master key with a random nonce; `name` is bound to it, so that rows cannot be swapped. */
export function wrap(masterKey: Buffer, name: string, secret: Buffer): Buffer {
  return encrypt(masterKey, { nonce: randomBytes(NONCE_BYTES), name, plain: secret });
}

/** Undoes `wrap`; throws where the master key or the name is another, or a byte was changed. */
export function unwrap(masterKey: Buffer, name: string, wrapped: Buffer): Buffer {
  return decrypt(masterKey, name, wrapped);
}

/**
 * Seals a plain value for one person: base64url of nonce, ciphertext and tag (AES-256-GCM).
 *
 * The nonce is synthetic: the first 12 bytes of HMAC-SHA256(nonce subkey, plain text), as in the SIV constructions
 * (RFC 8452). A repeated command then makes the same bytes, and so the same event id. Why that is safe: GCM breaks when
 * one nonce meets two plain texts under one key. Here two plain texts share a nonce only if a 96-bit HMAC collides, and
 * a person's key seals some thousands of values in a life: the chance stays below 2^-70. What it gives away: two equal
 * sealed values of one person hold the same plain text. Across persons nothing can be compared, as the keys differ.
 */
export function sealValue(key: PersonKey, person: string, plain: unknown): string {
  const text = JSON.stringify(plain);
  if (text === undefined) throw new TypeError('only what JSON can hold can be sealed');
  const bytes = Buffer.from(text, 'utf8');
  const nonce = createHmac('sha256', key.nonce).update(bytes).digest().subarray(0, NONCE_BYTES);
  return encrypt(key.encryption, { nonce, name: person, plain: bytes }).toString('base64url');
}

/** Undoes `sealValue`; throws where a byte was changed or the value belongs to someone else. */
export function openValue(key: PersonKey, person: string, sealed: string): unknown {
  return JSON.parse(decrypt(key.encryption, person, Buffer.from(sealed, 'base64url')).toString('utf8'));
}

type Plain = { readonly nonce: Buffer; readonly name: string; readonly plain: Buffer };

function encrypt(key: Buffer, { nonce, name, plain }: Plain): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(name, 'utf8'));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, name: string, sealed: Buffer): Buffer {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error('a sealed value is too short to be one');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(name, 'utf8'));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}
