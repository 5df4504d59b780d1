/** An order as a stream: what it is now, and again at each change, until it has ended. */
import type { OrderStatus } from '../domain/resources.ts';
import type { SseEvent } from '../platform/http/sse.ts';
import { type FoundOrder, findOrder } from '../projections/orders/queries.ts';
import type { OrderBells } from './order-bells.ts';
import type { OrderView } from './order-view.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

const ENDED: readonly OrderStatus[] = ['rejected', 'cancelled', 'completed'];

/** Nothing more will happen to it that its stream tells of. */
export function hasEnded(order: FoundOrder): boolean {
  return ENDED.includes(order.resource.status);
}

// The net under the bell, for what a tail that was cut off did not hear.
const LOOK_EVERY_MS = 5_000;
const CATCH_UP_MS = 5_000;

type Watched = {
  readonly orderId: string;
  readonly view: OrderView;
  readonly signal: AbortSignal;
  /** Position the client has already, from `Last-Event-ID`: no change up to there is sent again. */
  readonly after: string | undefined;
};

type Deps = Pick<ReadApiDeps, 'reader' | 'positions' | 'waitFor'> & { readonly bells: OrderBells };

export async function* orderEvents(deps: Deps, watched: Watched): AsyncGenerator<SseEvent> {
  // Listening begins before the first look: else a change between the two is seen at the next one only.
  const bell = deps.bells.watch(watched.orderId);
  let sent: string | undefined;
  let last = watched.after;
  try {
    while (!watched.signal.aborted) {
      const found = await findOrder(deps.reader, watched.orderId);
      if (found === undefined) return;
      const position = found.position ?? '';
      const order = watched.view(found);
      const text = JSON.stringify(order);
      if (text !== sent && (last === undefined || position > last)) {
        sent = text;
        last = position;
        yield { event: 'order', id: deps.positions.format(position), data: order };
      }
      if (hasEnded(found)) return;
      await changed(deps, bell, watched.signal);
    }
  } finally {
    bell.stop();
  }
}

async function changed(deps: Deps, bell: ReturnType<OrderBells['watch']>, signal: AbortSignal): Promise<void> {
  const position = await bell.next(LOOK_EVERY_MS, signal);
  if (position === undefined || signal.aborted) return;
  // The log has it; the rows follow in a moment.
  await deps.waitFor(['orders'], position, { timeoutMs: CATCH_UP_MS, signal });
}
