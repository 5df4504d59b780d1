/** The rows of sales, now and as of a moment, against sums over the log that share no code with them. */
import type { Engines } from '../../composition/engines.ts';
import { positionAsOf } from '../../event-store/as-of.ts';
import type { StoredEvent } from '../../event-store/port.ts';
import { scanLog } from '../../event-store/scan.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { replayInto } from '../../projections/runtime/replay-into.ts';
import type { Projection } from '../../projections/runtime/types.ts';
import { salesProjection } from '../../projections/sales/projection.ts';
import { type Sold, sumSales } from './sum-of-log.ts';

export type Compared = { readonly sellersDays: number; readonly orders: number };

/** Throws where a figure differs. */
export async function compareSales(engines: Engines): Promise<Compared> {
  return compare(await salesEvents(engines), await sumRows(engines, 'projections'));
}

/** The same as of the moment when half of the orders had been placed. */
export async function compareSalesAsOf(engines: Engines): Promise<Compared & { readonly asOf: string }> {
  const { database, store, keys } = engines;
  const events = await salesEvents(engines);
  const asOf = events[Math.floor(events.length / 2)]?.metadata.recordedAt ?? '';
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  const context = { pool: database.pool, log: store, keys, logger, owner: 'bench' };
  const upTo = await positionAsOf(store, asOf);
  await replayInto(context, salesProjection as Projection, { schema: 'as_it_was', upTo });
  const later = events.findIndex(({ metadata }) => metadata.recordedAt > asOf);
  return { asOf, ...(await compare(events.slice(0, later), await sumRows(engines, 'as_it_was'))) };
}

async function salesEvents({ store }: Engines): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const types = ['OrderPlaced', 'OrderConfirmed', 'OrderCancelled'];
  for await (const page of scanLog(store, { after: null, filter: { types } })) events.push(...page);
  return events;
}

async function compare(events: readonly StoredEvent[], shown: ReadonlyMap<string, Sold>): Promise<Compared> {
  const expected = await sumSales(events);
  let orders = 0;
  for (const [key, sold] of expected) {
    const row = shown.get(key);
    for (const [figure, value] of Object.entries(sold))
      if (row?.[figure as keyof Sold] !== value)
        throw new Error(`${figure} of ${key}: ${JSON.stringify(row)} shown, ${JSON.stringify(sold)} in the log`);
    orders += sold.orders;
  }
  if (shown.size !== expected.size) throw new Error(`${shown.size} days of sellers shown, ${expected.size} in the log`);
  return { sellersDays: expected.size, orders };
}

async function sumRows({ database }: Engines, schema: string): Promise<Map<string, Sold>> {
  const { rows } = await database.pool.query<Sold & { key: string }>(
    `with moments as (
       select key as seller, currency, substr(confirmed_at, 1, 10) as day, value as share, 1 as sold, 0 as cancelled
       from ${schema}.sales, jsonb_each(shares) where confirmed_at is not null
       union all
       select key, currency, substr(cancelled_at, 1, 10), value, 0, 1
       from ${schema}.sales, jsonb_each(shares) where cancelled_at is not null
     ), figures as (
       select *, (share->>'units')::bigint as units, (share->>'gross')::bigint as gross,
         (share->>'discounts')::bigint as discounts from moments
     )
     select seller || ' ' || currency || ' ' || day as key, sum(sold)::bigint as orders,
       sum(units * sold)::bigint as units, sum(gross * sold)::bigint as gross,
       sum(discounts * sold)::bigint as discounts, sum(cancelled)::bigint as "cancelledOrders",
       sum(units * cancelled)::bigint as "cancelledUnits",
       sum((gross - discounts) * cancelled)::bigint as cancelled,
       sum((gross - discounts) * (sold - cancelled))::bigint as net
     from figures group by 1`,
  );
  return new Map(rows.map(({ key, ...sold }) => [key, sold]));
}
