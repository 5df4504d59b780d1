/** `POST /stream-tickets`: served by both APIs, as a ticket is good at any. */
import { z } from 'zod';
import { unauthenticated } from '../http/problem.ts';
import { defineRoute, type RouteDefinition } from '../http/route.ts';
import type { StreamTickets } from './stream-tickets.ts';

const ticketResource = z.object({ ticket: z.string(), expiresIn: z.number().int() });

export function streamTicketRoute(tickets: StreamTickets): RouteDefinition {
  return defineRoute({
    method: 'post',
    path: '/stream-tickets',
    summary: 'A ticket for one stream, for browsers: open it within 30 s with ?ticket=',
    tag: 'accounts',
    body: z.strictObject({}),
    // A repeat must not get a ticket that was used, and one more ticket does no harm.
    idempotency: 'none',
    responses: { 201: { description: 'The ticket', schema: ticketResource } },
    async handler({ caller }) {
      if (caller.kind === 'anonymous') throw unauthenticated();
      return { status: 201, body: await tickets.issue(caller) };
    },
  });
}
