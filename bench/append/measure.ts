/** What the benches of appending measure with: many callers, one small event to a new stream each time. */
import type { NewEvent } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';

export const CLIENTS = 128;
export const ROUNDS = 3;

export type Append = (stream: string, event: NewEvent) => Promise<unknown>;
export type Result = {
  readonly what: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/** Appends to streams that begin with `cart-`. */
export async function measure(what: string, append: Append, perClient: number): Promise<Result> {
  const times: number[] = [];
  const start = performance.now();
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let n = 0; n < perClient; n += 1) {
        const stream = `cart-${newId()}`;
        const sent = performance.now();
        await append(stream, itemAdded());
        times.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - start) / 1_000;
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 10) / 10;
  return { what, perSecond: Math.round(times.length / seconds), p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** About 600 bytes with its metadata, as a small event of the shop is. */
function itemAdded(): NewEvent {
  const at = new Date().toISOString();
  const commandId = newId();
  return {
    id: newId(),
    type: 'ItemAdded',
    data: { variantId: newId(), productId: newId(), quantity: 2 },
    metadata: {
      $correlationId: commandId,
      $causationId: commandId,
      commandId,
      actor: `user:${newId()}`,
      occurredAt: at,
      recordedAt: at,
      schemaVersion: 1,
    },
  };
}

/** The same rounds for each, in turns, so that all meet the same weather; the medians. */
export async function inTurns(
  rounds: number,
  measures: readonly (() => Promise<Result>)[],
): Promise<readonly Result[]> {
  const results: Result[][] = measures.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, measureOne] of measures.entries()) results[index]?.push(await measureOne());
  }
  return results.map(median);
}

function median(results: readonly Result[]): Result {
  const sorted = results.toSorted((a, b) => a.perSecond - b.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (!middle) throw new Error('nothing was measured');
  return middle;
}
