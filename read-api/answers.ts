/** From what a query found to what a client gets. */

import { accessPolicy } from '../domain/access/judge.ts';
import type { OwnerFacts, Subject } from '../domain/access/policy.ts';
import { notFound } from '../platform/http/problem.ts';
import type { Answer, RouteDefinition } from '../platform/http/route.ts';
import type { Found } from '../projections/read.ts';

/** 200 with the resource and its tag; throws 404 where nothing was found. */
export function shown<R>(found: Found<R> | undefined): Answer {
  if (found === undefined) throw notFound();
  return { status: 200, body: found.resource, revision: found.revision, position: found.position };
}

/** For routes whose rule is judged by the row itself; throws 404 where it is not the caller's to see. */
export function assertMay(route: RouteDefinition, subject: Subject, facts: OwnerFacts | undefined): void {
  if (accessPolicy.late(route, subject, facts) !== 'allowed') throw notFound();
}

/** What every route of a single resource may answer. */
export const NOT_MODIFIED = { 304: { description: 'The client has it already' } } as const;
