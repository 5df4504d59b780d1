/** Orders: lists, single ones, and their changes as they happen. */
import { z } from 'zod';
import { idSchema } from '../domain/ids.ts';
import { orderResource, orderStatusSchema } from '../domain/resources.ts';
import { notFound } from '../platform/http/problem.ts';
import { pageQuery } from '../platform/http/query.ts';
import { defineRoute, type RouteDefinition } from '../platform/http/route.ts';
import { sse } from '../platform/http/sse.ts';
import { findOrder } from '../projections/orders/queries.ts';
import { NOT_MODIFIED, shown } from './answers.ts';
import { createOrderBells } from './order-bells.ts';
import { hasEnded, orderEvents } from './order-events.ts';
import { ordersOf } from './order-list.ts';
import { orderViewOf } from './order-view.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

const params = z.object({ orderId: idSchema });
const tag = 'orders';

export function orderRoutes(deps: ReadApiDeps): readonly RouteDefinition[] {
  const { reader, cursors, positions } = deps;
  const bells = createOrderBells(deps.onEvents);

  const list = defineRoute({
    method: 'get',
    path: '/orders',
    summary: 'Orders, newest first: one’s own, those one sells in, or all for staff',
    tag,
    query: z.object({ ...pageQuery, status: z.array(orderStatusSchema).optional() }),
    reads: ['orders', 'sellers'],
    responses: {
      200: {
        description: 'A page of orders',
        schema: z.object({ items: z.array(orderResource), nextCursor: z.string().nullable() }),
      },
    },
    async handler({ query, caller, cartTokenHash }) {
      const name = JSON.stringify(['orders', query.status ?? []]);
      const cursor = query.cursor === undefined ? undefined : String(cursors.decode(name, query.cursor));
      const page = await ordersOf(reader, { caller, cartTokenHash }, { ...query, cursor });
      const nextCursor = page.nextCursor === null ? null : cursors.encode(name, page.nextCursor);
      return { status: 200, body: { items: page.items, nextCursor }, position: page.position };
    },
  });

  const single = defineRoute({
    method: 'get',
    path: '/orders/{orderId}',
    summary: 'An order; a seller sees its own lines only',
    tag,
    params,
    reads: ['orders', 'sellers'],
    responses: { 200: { description: 'The order', schema: orderResource }, ...NOT_MODIFIED },
    async handler({ params: { orderId }, caller, cartTokenHash }) {
      const found = await findOrder(reader, orderId);
      const view = await orderViewOf(reader, { caller, cartTokenHash });
      return shown(found && { ...found, resource: view(found) });
    },
  });

  const events = defineRoute({
    method: 'get',
    path: '/orders/{orderId}/events',
    summary: 'An order at once and at each change, until it was rejected, cancelled or completed',
    tag,
    params,
    reads: ['orders', 'sellers'],
    produces: ['text/event-stream'],
    responses: {
      200: { description: 'event: order, id: a position, data: the order' },
      204: { description: 'It has ended, and the client has seen how: do not come back' },
    },
    async handler({ params: { orderId }, caller, cartTokenHash, signal, header }) {
      const found = await findOrder(reader, orderId);
      if (found === undefined) throw notFound();
      const after = positions.parse(header('last-event-id') ?? '');
      if (after !== undefined && hasEnded(found) && (found.position ?? '') <= after) return { status: 204 };
      const view = await orderViewOf(reader, { caller, cartTokenHash });
      return sse(orderEvents({ ...deps, bells }, { orderId, view, signal, after }), { signal });
    },
  });

  return [list, single, events] as readonly RouteDefinition[];
}
