/** The seller that an address names: by id, or as `me`, whoever calls. */
import { z } from 'zod';
import { idSchema } from '../domain/ids.ts';
import type { SellerResource } from '../domain/resources.ts';
import { unauthenticated } from '../platform/http/problem.ts';
import type { Caller } from '../platform/http/route.ts';
import type { Found, Reader } from '../projections/read.ts';
import { findSeller, findSellerOfUser } from '../projections/sellers/queries.ts';

export const idOrMe = z.union([idSchema, z.literal('me')]);

/** An id as it is, and for `me` the caller's own; throws 401 for a caller without an account. */
export function own(id: string, caller: Caller): string {
  if (id !== 'me') return id;
  if (caller.kind !== 'user') throw unauthenticated();
  return caller.userId;
}

/** Undefined where there is none. Reads the projection `sellers`. */
export function sellerNamed(reader: Reader, id: string, caller: Caller): Promise<Found<SellerResource> | undefined> {
  return id === 'me' ? findSellerOfUser(reader, own('me', caller)) : findSeller(reader, id);
}
