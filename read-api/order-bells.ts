/** Wakes who watches an order. */
import type { StoredEvent } from '../event-store/port.ts';
import { type Bells, createBells } from './bells.ts';

export function createOrderBells(onEvents: Parameters<typeof createBells>[0]): Bells {
  return createBells(onEvents, orderOf);
}

/** An order's own events carry its id, and so do those of its payments. */
function orderOf({ stream, data }: StoredEvent): string | undefined {
  if (stream.startsWith('order-')) return stream.slice('order-'.length);
  return stream.startsWith('payment-') && typeof data.orderId === 'string' ? data.orderId : undefined;
}
