/** In which media types a route answers, and which of them a request wants. */
import type { Request } from 'express';
import { CSV_TYPE } from './csv.ts';
import { httpProblem } from './problem.ts';
import type { RouteDefinition } from './route.ts';

/** The first is for who does not care. */
export function typesOf(route: RouteDefinition): readonly string[] {
  return [...(route.produces ?? ['application/json']), ...(route.csv === undefined ? [] : [CSV_TYPE])];
}

/** The type to answer in; throws 406 where `Accept` allows none of the route's. */
export function wantedType(route: RouteDefinition, request: Request): string {
  const types = typesOf(route);
  const wanted = request.accepts([...types]);
  if (wanted !== false) return wanted;
  throw httpProblem(
    406,
    'not_acceptable',
    `This is answered as ${types.join(' or ')}. Say so in Accept, or leave it out.`,
  );
}
