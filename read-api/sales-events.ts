/** A seller's sales of today as a stream: what they are now, and again at each change, and from zero at midnight. */
import type { StoredEvent } from '../event-store/port.ts';
import type { SseEvent } from '../platform/http/sse.ts';
import { startOfDay } from '../projections/sales/buckets.ts';
import { localTime } from '../projections/sales/local-time.ts';
import { NOTHING, timeText } from '../projections/sales/moments.ts';
import { salesByBucket } from '../projections/sales/queries.ts';
import type { Bells } from './bells.ts';
import { type Look, live, type Watched } from './live.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

/** One bell for all sellers: the events that change sales do not say whose they are. */
export const SALES = 'sales';

/** What rings it. */
export function isSale({ type }: StoredEvent): string | undefined {
  return type === 'OrderConfirmed' || type === 'OrderCancelled' ? SALES : undefined;
}

// However fast a shop sells, a figure on a screen need not change faster.
const REST_MS = 500;

type Deps = Pick<ReadApiDeps, 'reader' | 'positions' | 'waitFor'> & { readonly bells: Bells };
type SalesWatched = Pick<Watched, 'signal'> & { readonly sellerId: string; readonly timezone: string };

export function salesEvents(deps: Deps, { sellerId, timezone, signal }: SalesWatched): AsyncGenerator<SseEvent> {
  const look = () => today(deps, sellerId, timezone);
  const hear = () => deps.bells.watch(SALES);
  return live(deps, { event: 'sales', reads: ['sales'], hear, look, signal, restMs: REST_MS });
}

async function today({ reader }: Deps, sellerId: string, timezone: string): Promise<Look> {
  const local = localTime(timezone);
  const now = Date.now();
  const start = startOfDay(local, now);
  const range = { from: timeText(start), to: timeText(startOfDay(local, now, 1)) };
  const { items, position } = await salesByBucket(reader, sellerId, { range, starts: [start] });
  const buckets = items.length > 0 ? items : [{ from: range.from, currency: null, ...NOTHING }];
  return { parts: buckets.map((data) => ({ key: `${data.from} ${data.currency}`, data, position })) };
}
