/**
 * What sellers sold, summed from a log's events alone: the naive way, sharing no code with the projection `sales`, so that
 * the two can be held against each other.
 */

/** An event as an export's line has it. */
export type LoggedEvent = {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: as it was read from a line
  readonly data: any;
  readonly metadata: { readonly occurredAt: string };
};

export type Sold = {
  orders: number;
  units: number;
  gross: number;
  discounts: number;
  cancelledOrders: number;
  cancelledUnits: number;
  cancelled: number;
  net: number;
};

type Part = { readonly units: number; readonly gross: number; readonly discounts: number };

/**
 * Sums by `"<seller id> <currency> <bucket>"`, of the orders confirmed and cancelled in these events, which come in the
 * log's order. `bucketOf` names the bucket of a time; left out, it is the day in UTC. "As of" a moment is the sum over
 * the events up to it.
 */
export async function sumSales(
  events: Iterable<LoggedEvent> | AsyncIterable<LoggedEvent>,
  bucketOf: (occurredAt: string) => string = (at) => new Date(at).toISOString().slice(0, 10),
): Promise<Map<string, Sold>> {
  const orders = new Map<string, Map<string, Part>>();
  const sums = new Map<string, Sold>();
  for await (const { type, data, metadata } of events) {
    if (type === 'OrderPlaced') orders.set(data.orderId, partsOf(data.quote));
    const counts = type === 'OrderConfirmed' || (type === 'OrderCancelled' && data.wasConfirmed === true);
    if (!counts) continue;
    const parts = orders.get(data.orderId);
    if (parts === undefined)
      throw new Error(`${type} of ${data.orderId} comes before its OrderPlaced: is the export whole?`);
    for (const [whose, part] of parts) {
      const key = `${whose} ${bucketOf(metadata.occurredAt)}`;
      const sum = sums.get(key) ?? nothing();
      sums.set(key, sum);
      if (type === 'OrderConfirmed') sell(sum, part);
      else takeOut(sum, part);
    }
  }
  return sums;
}

/** Reads an export's lines; empty ones are left out. */
export async function* eventsOfLines(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<LoggedEvent> {
  for await (const line of lines) if (line !== '') yield JSON.parse(line);
}

/** By `"<seller id> <currency>"`. */
// biome-ignore lint/suspicious/noExplicitAny: as it was read from a line
function partsOf(quote: any): Map<string, Part> {
  const parts = new Map<string, Part>();
  let items = 0n;
  let discounted = 0n;
  for (const line of quote.lines) items += BigInt(line.lineTotal.amount);
  let upToHere = 0n;
  for (const line of quote.lines) {
    upToHere += BigInt(line.lineTotal.amount);
    // The discount up to and with this line, less what the lines before it took.
    const discountUpToHere = items > 0n ? (BigInt(quote.totals.discount.amount) * upToHere) / items : 0n;
    const key = `${line.sellerId} ${quote.currency}`;
    const { units, gross, discounts } = parts.get(key) ?? { units: 0, gross: 0, discounts: 0 };
    parts.set(key, {
      units: units + line.quantity,
      gross: gross + line.lineTotal.amount,
      discounts: discounts + Number(discountUpToHere - discounted),
    });
    discounted = discountUpToHere;
  }
  return parts;
}

function sell(sum: Sold, { units, gross, discounts }: Part): void {
  sum.orders += 1;
  sum.units += units;
  sum.gross += gross;
  sum.discounts += discounts;
  sum.net += gross - discounts;
}

function takeOut(sum: Sold, { units, gross, discounts }: Part): void {
  sum.cancelledOrders += 1;
  sum.cancelledUnits += units;
  sum.cancelled += gross - discounts;
  sum.net -= gross - discounts;
}

const nothing = (): Sold => ({
  orders: 0,
  units: 0,
  gross: 0,
  discounts: 0,
  cancelledOrders: 0,
  cancelledUnits: 0,
  cancelled: 0,
  net: 0,
});
