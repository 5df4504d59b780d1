/** What the kit reads of a request's headers, once, each by its rule. */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { malformed } from './problem.ts';

/** Seconds a client may ask to wait (RFC 7240). */
export const MAX_PREFER_WAIT_S = 30;

/** One header's text. */
export function header(request: Request, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** SHA-256 in hex of `Souk-Cart-Token`; throws 400 for what cannot be one. */
export function cartTokenHash(request: Request): string | undefined {
  const token = header(request, 'souk-cart-token');
  if (token === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(token)) throw malformed('Souk-Cart-Token is the cartToken that POST /carts gave.');
  return createHash('sha256').update(token).digest('hex');
}

/** Seconds of `Prefer: wait=n`, at most 30; other preferences are not ours to judge. */
export function preferWait(request: Request): number | undefined {
  const wait = /(?:^|[,;])\s*wait\s*=\s*"?([^",;]*)"?/i.exec(header(request, 'prefer') ?? '')?.[1];
  if (wait === undefined) return undefined;
  if (!/^\d{1,9}$/.test(wait)) throw malformed('Prefer: wait=n takes whole seconds, at most 30.');
  return Math.min(MAX_PREFER_WAIT_S, Number(wait));
}

/** The query of the address, without the stream ticket, which is a credential and no parameter. */
export function searchOf(request: Request): URLSearchParams {
  const at = request.originalUrl.indexOf('?');
  const search = new URLSearchParams(at < 0 ? '' : request.originalUrl.slice(at + 1));
  return search;
}
