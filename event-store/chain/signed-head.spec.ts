/** A signed head holds for what it was signed over, by the key it was signed with, and for nothing else. */
import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { CHAIN_START } from './chain.ts';
import { createHeadSigner, isSigned, type SignedHead, signedHeadSchema } from './signed-head.ts';

const masterKey = randomBytes(32);
const head = { logId: 'a', epoch: 1, head: null, ...CHAIN_START };

it('is known by every process that has the master key, and by nobody else', () => {
  const signed = createHeadSigner(masterKey).sign(head);
  expect(signedHeadSchema.parse(JSON.parse(JSON.stringify(signed)))).toEqual(signed);
  expect(createHeadSigner(masterKey).isOurs(signed)).toBe(true);
  expect(createHeadSigner(randomBytes(32)).isOurs(signed)).toBe(false);
  expect(isSigned(signed)).toBe(true);
});

it.each<Partial<SignedHead>>([
  { events: 1 },
  { hash: '0'.repeat(64) },
  { head: 'a-1-1' },
  { logId: 'b' },
  { epoch: 2 },
  { signedAt: '2026-01-01T00:00:00.000Z' },
  { signature: '' },
  { signer: '' },
  { signer: Buffer.alloc(32, 7).toString('base64') },
])('does not hold where %j was put in', (change) => {
  const signer = createHeadSigner(masterKey);
  expect(signer.isOurs({ ...signer.sign(head), ...change })).toBe(false);
});
