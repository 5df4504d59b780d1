/** What the rules behind a route refuse with, as its description lists it. */
import type { RouteResponse } from '../platform/http/route.ts';

type Codes = Readonly<Record<number, readonly string[]>>;

/** 409 and others, by status, beside what every route can answer. */
export function refusals(codes: Codes): Readonly<Record<number, RouteResponse>> {
  return Object.fromEntries(
    Object.entries(codes).map(([status, names]) => [status, { description: names.join(', '), codes: names }]),
  );
}

/** The same for edits, which take `If-Match`. */
export function editRefusals(codes: Codes = {}): Readonly<Record<number, RouteResponse>> {
  return refusals({ ...codes, 412: ['stale'] });
}
