/** Signing up, in and out. */
import { z } from 'zod';
import { logIn } from '../commands/sessions/log-in.ts';
import type { OpenedSession } from '../commands/sessions/session-store.ts';
import { signUp } from '../commands/users/sign-up.ts';
import { isRejection } from '../domain/rejection.ts';
import { text } from '../domain/text.ts';
import { nameSchema } from '../domain/users/events.ts';
import { httpProblem } from '../platform/http/problem.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { emailSchema } from './email-schema.ts';
import { contextOf } from './from-request.ts';
import { refusals } from './refusals.ts';
import type { WriteApiDeps } from './write-api-deps.ts';

const refreshToken = z.strictObject({ refreshToken: z.string().min(1).max(500) });
const signedIn = z.object({
  userId: z.string(),
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresIn: z.number().int(),
});
// No account can have a second factor yet, and one without it is never asked: it logs in whatever `otp` says.
const otp = z.string().max(20).describe('Of the second factor; not looked at for an account that has none, as yet all');
const credentials = z.strictObject({ email: emailSchema, password: z.string().max(200), otp: otp.optional() });
const tag = 'accounts';

export function authRoutes({ shop, sessions, throttle, tokens }: WriteApiDeps): readonly RouteDefinition[] {
  const grant = async ({ userId, sessionId, refreshToken }: OpenedSession) => ({
    userId,
    accessToken: await tokens.issue({ userId, sessionId }),
    refreshToken,
    expiresIn: tokens.expiresInS,
  });

  const signup = defineRoute({
    method: 'post',
    path: '/auth/signup',
    summary: 'Open an account and sign in',
    tag,
    body: z.strictObject({ email: emailSchema, password: text(200, 8), name: nameSchema }),
    idempotency: 'none',
    responses: {
      201: { description: 'Signed in', schema: signedIn },
      ...refusals({ 409: ['email_taken'] }),
    },
    async handler(request) {
      const userId = request.newId('user');
      const context = { ...contextOf(request), actor: `user:${userId}` };
      const made = await signUp(shop, { userId, ...request.body }, context);
      if (isRejection(made)) return made;
      const body = await grant(await sessions.open(userId));
      return { status: 201, headers: { location: `/users/${userId}` }, body, position: made.position };
    },
  });

  const login = defineRoute({
    method: 'post',
    path: '/auth/login',
    summary: 'Sign in with e-mail address and password',
    tag,
    body: credentials,
    idempotency: 'none',
    responses: {
      200: { description: 'Signed in', schema: signedIn },
      ...refusals({ 401: ['invalid_credentials'], 429: ['rate_limited'] }),
    },
    async handler({ body }) {
      const result = await logIn({ shop, sessions, throttle }, body);
      if (isRejection(result)) throw httpProblem(401, result.code, result.detail);
      if ('throttledFor' in result) throw throttled(result.throttledFor);
      return { status: 200, body: await grant(result.signedIn) };
    },
  });

  const refresh = defineRoute({
    method: 'post',
    path: '/auth/refresh',
    summary: 'A new access token; the refresh token is used up and replaced',
    tag,
    body: refreshToken,
    idempotency: 'none',
    responses: {
      200: { description: 'Signed in', schema: signedIn },
      // Unknown, over, or used before, which ended its session.
      ...refusals({ 401: ['invalid_token'] }),
    },
    async handler({ body }) {
      const session = await sessions.rotate(body.refreshToken);
      if (!session)
        throw httpProblem(401, 'invalid_token', 'This refresh token does not count any more: log in again.');
      return { status: 200, body: await grant(session) };
    },
  });

  const logout = defineRoute({
    method: 'post',
    path: '/auth/logout',
    summary: 'End a session',
    tag,
    // Whatever is sent: who leaves is never told that they cannot.
    body: z.unknown(),
    idempotency: 'none',
    responses: { 204: { description: 'Signed out, or was already' } },
    async handler({ body }) {
      const parsed = refreshToken.safeParse(body);
      if (parsed.success) await sessions.end(parsed.data.refreshToken);
      return { status: 204 };
    },
  });

  return [signup, login, refresh, logout] as readonly RouteDefinition[];
}

function throttled(seconds: number) {
  return httpProblem(429, 'rate_limited', `Too many failed logins for this address: wait ${seconds} s.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
