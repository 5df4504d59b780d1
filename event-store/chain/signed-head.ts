/** The head of the chain, signed: who can rewrite the log and its links still cannot sign what comes of it. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { deriveKey } from '../../platform/config/master-key.ts';

const HEX = /^[\da-f]{64}$/;

/** As it is printed, kept in a file and carried by a backup. */
export const signedHeadSchema = z.object({
  logId: z.string(),
  epoch: z.number().int(),
  events: z.number().int().min(0),
  /** Of the last of them, as `Souk-Position`; null: there is none. */
  head: z.string().nullable(),
  hash: z.string().regex(HEX),
  /** RFC 3339, UTC. */
  signedAt: z.string(),
  /** Ed25519, base64. */
  signature: z.string(),
  /** The public key, base64 (raw, 32 bytes); it proves nothing by itself: compare it with the one you know. */
  signer: z.string(),
});

export type SignedHead = z.infer<typeof signedHeadSchema>;
export type UnsignedHead = Omit<SignedHead, 'signature' | 'signer' | 'signedAt'>;

export type HeadSigner = {
  /** The public key. */
  readonly signer: string;
  sign(head: UnsignedHead): SignedHead;
  /** Whether this master key signed it. */
  isOurs(head: SignedHead): boolean;
};

/** DER (RFC 8410) around a private seed and a public key of Ed25519. */
const PRIVATE = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC = Buffer.from('302a300506032b6570032100', 'hex');

/** Signs with a key made from the master key: every process of a shop has the same. */
export function createHeadSigner(masterKey: Buffer): HeadSigner {
  const seed = deriveKey(masterKey, 'event-chain-head');
  const key = createPrivateKey({ key: Buffer.concat([PRIVATE, seed]), format: 'der', type: 'pkcs8' });
  const signer = rawOf(createPublicKey(key));
  return {
    signer,
    sign(head) {
      const dated = { ...head, signedAt: new Date().toISOString(), signer };
      return { ...dated, signature: sign(null, signedBytes(dated), key).toString('base64') };
    },
    isOurs: (head) => head.signer === signer && isSigned(head),
  };
}

/** Whether the key it names signed it. */
export function isSigned(head: SignedHead): boolean {
  const raw = Buffer.from(head.signer, 'base64');
  if (raw.length !== 32) return false;
  const key = createPublicKey({ key: Buffer.concat([PUBLIC, raw]), format: 'der', type: 'spki' });
  return verify(null, signedBytes(head), key, Buffer.from(head.signature, 'base64'));
}

function rawOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC.length).toString('base64');
}

function signedBytes({ logId, epoch, events, head, hash, signedAt }: Omit<SignedHead, 'signature'>): Buffer {
  return Buffer.from(JSON.stringify(['souk event chain head 1', logId, epoch, events, head, hash, signedAt]));
}
