/** An order as a stream: what it is now, and again at each change, until it has ended. */
import type { OrderStatus } from '../domain/resources.ts';
import type { SseEvent } from '../platform/http/sse.ts';
import { type FoundOrder, findOrder } from '../projections/orders/queries.ts';
import type { Bells } from './bells.ts';
import { live, type Watched } from './live.ts';
import type { OrderView } from './order-view.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

const ENDED: readonly OrderStatus[] = ['rejected', 'cancelled', 'completed'];

/** Nothing more will happen to it that its stream tells of. */
export function hasEnded(order: FoundOrder): boolean {
  return ENDED.includes(order.resource.status);
}

type Deps = Pick<ReadApiDeps, 'reader' | 'positions' | 'waitFor'> & { readonly bells: Bells };
type OrderWatched = Pick<Watched, 'signal' | 'after'> & { readonly orderId: string; readonly view: OrderView };

export function orderEvents(deps: Deps, { orderId, view, ...client }: OrderWatched): AsyncGenerator<SseEvent> {
  return live(deps, {
    ...client,
    event: 'order',
    reads: ['orders'],
    hear: () => deps.bells.watch(orderId),
    async look() {
      const found = await findOrder(deps.reader, orderId);
      if (found === undefined) return undefined;
      return { parts: [{ data: view(found), position: found.position }], ended: hasEnded(found) };
    },
  });
}
