import type { Subject, Verdict } from './access.ts';
import { parseIfMatch } from './conditional.ts';
import { wantedType } from './media-types.ts';
import { forbidden, type HttpProblem, malformed, notFound, unauthenticated } from './problem.ts';
import { cartTokenHash, header, preferWait, searchOf } from './request-headers.ts';
import type { RouteDefinition } from './route.ts';
import { serveRead } from './serve-read.ts';
import { serveWrite } from './serve-write.ts';
import type { Admitted, Served } from './served.ts';
import { checkParams, checkQuery } from './validation.ts';
import { wantedPosition } from './wait-for.ts';

/** Serves a request; throws an `HttpProblem` for all that is refused on the way to the handler. */
export async function serveRoute(served: Served): Promise<void> {
  const { kit, route, request } = served;
  const search = searchOf(request);
  const subject = await identify(served, search);
  await served.limit(subject.caller.kind === 'user' ? `user:${subject.caller.userId}` : `ip:${request.ip}`);
  wantedType(route, request);
  const early = kit.access.policy.early(route, subject);
  if (typeof early === 'string') assertAllowed(early);
  const admitted: Admitted = {
    ...served,
    subject,
    checked: { params: checkParams(route.params, served.params), query: checkQuery(route.query, search) },
    ifMatch: parseIfMatch(header(request, 'if-match')),
    waitFor: wantedPosition(kit, request),
    preferWait: preferWait(request),
    assertOwned: async () => {
      if (typeof early !== 'string') await assertByFacts(served, subject, early.depends);
    },
  };
  await (route.method === 'get' ? serveRead(admitted) : serveWrite(admitted));
}

async function identify({ kit, route, request }: Served, search: URLSearchParams): Promise<Subject> {
  if (kit.access.policy.ignoresCredentials(route)) return { caller: { kind: 'anonymous' }, cartTokenHash: undefined };
  const tokenHash = cartTokenHash(request);
  const credentials = { authorization: header(request, 'authorization'), cartTokenHash: tokenHash };
  const caller = await kit.authenticate({ ...credentials, ticket: ticketOf(route, search) });
  return { caller, cartTokenHash: caller.kind === 'guest' ? caller.tokenHash : tokenHash };
}

// Only where a browser sends no headers: elsewhere a ticket is a parameter like any other, and unknown.
function ticketOf(route: RouteDefinition, search: URLSearchParams): string | undefined {
  if (route.produces?.includes('text/event-stream') !== true) return undefined;
  const tickets = search.getAll('ticket');
  search.delete('ticket');
  if (tickets.length > 1) throw malformed('ticket may be given once.');
  return tickets[0];
}

async function assertByFacts({ kit, route, params }: Served, subject: Subject, kind: string): Promise<void> {
  const load = kit.access.facts[kind];
  if (load === undefined)
    throw new Error(`${route.method} ${route.path} needs facts of kind ${kind}; hand in a loader`);
  assertAllowed(kit.access.policy.late(route, subject, await load(params, subject)));
}

const REFUSALS: Readonly<Record<Exclude<Verdict, 'allowed'>, () => HttpProblem>> = {
  unauthenticated: () => unauthenticated(),
  forbidden: () => forbidden(),
  not_found: () => notFound(),
};

function assertAllowed(verdict: Verdict): void {
  if (verdict !== 'allowed') throw REFUSALS[verdict]();
}
