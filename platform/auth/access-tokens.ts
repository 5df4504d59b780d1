/** Access tokens: short-lived JWTs (RFC 7519) that say who and in which session, and nothing about rights. */
import { hkdfSync } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';

export type AccessTokens = {
  /** Seconds a token lives: `expiresIn` of the answer. */
  readonly expiresInS: number;
  issue(claims: { readonly userId: string; readonly sessionId: string }): Promise<string>;
  /** Undefined for a token that is not ours, is over, or was changed. */
  verify(token: string): Promise<{ readonly userId: string; readonly sessionId: string } | undefined>;
};

const ISSUER = 'souk';
const LIFE_S = 15 * 60;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `masterKey`: 32 bytes; the signing key derives from it, so that all processes agree without sharing another secret. */
export function createAccessTokens(options: {
  readonly masterKey: Buffer;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}): AccessTokens {
  const key = new Uint8Array(hkdfSync('sha256', options.masterKey, Buffer.alloc(0), 'souk/auth/access-tokens', 32));
  const now = options.now ?? Date.now;
  return {
    expiresInS: LIFE_S,
    issue({ userId, sessionId }) {
      const at = Math.floor(now() / 1000);
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setSubject(userId)
        .setIssuedAt(at)
        .setExpirationTime(at + LIFE_S)
        .sign(key);
    },
    async verify(token) {
      // One algorithm, named here: a token must not choose how it is checked (RFC 8725, 3.1).
      const options_ = { algorithms: ['HS256'], issuer: ISSUER, typ: 'at+jwt', currentDate: new Date(now()) };
      const payload = await jwtVerify(token, key, options_).then(
        (verified) => verified.payload,
        () => undefined,
      );
      const { sub, sid } = payload ?? {};
      if (typeof sub !== 'string' || typeof sid !== 'string' || !UUID.test(sub) || !UUID.test(sid)) return undefined;
      return { userId: sub, sessionId: sid };
    },
  };
}
