/** Runs work on several clients at once, and says how fast it was. */
import Table from 'cli-table3';

export type Rates = {
  readonly what: string;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

export type Load = {
  readonly clients: number;
  readonly seconds: number;
  /** Told which client asks; throws on a wrong answer, which ends the bench. */
  readonly work: (client: number) => Promise<void>;
};

export type Measured = { readonly times: readonly number[]; readonly seconds: number };

/** Each client goes on until the time is over. */
export async function underLoad({ clients, seconds, work }: Load): Promise<Measured> {
  const times: number[] = [];
  const started = performance.now();
  const until = started + seconds * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      while (performance.now() < until) {
        const began = performance.now();
        await work(client);
        times.push(performance.now() - began);
      }
    }),
  );
  return { times, seconds: (performance.now() - started) / 1_000 };
}

/** Times in milliseconds, in any order. */
export function ratesOf(what: string, times: readonly number[], seconds: number): Rates {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.floor(sorted.length * share)] ?? 0, 1);
  return { what, perSecond: rounded(sorted.length / seconds, 1), p50Ms: at(0.5), p99Ms: at(0.99) };
}

type Printed = Rates & {
  /** What is wanted of it. */
  readonly target?: string;
  /** Processor time of each, in milliseconds. */
  readonly nodeMs?: number;
  readonly postgresMs?: number | null;
};

/** A table, and the one line of JSON that every bench ends with; `more` is printed below the table, and is in the line. */
export function printRates(bench: string, results: readonly Printed[], more: object = {}): void {
  const head = ['what', '/s', 'p50 ms', 'p99 ms', 'Node ms', 'Postgres ms', 'target'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { what, perSecond, p50Ms, p99Ms, nodeMs = '', postgresMs = '', target = '' } of results) {
    table.push([what, perSecond, p50Ms, p99Ms, nodeMs, postgresMs, target]);
  }
  process.stdout.write(`${table.toString()}\n`);
  for (const [name, value] of Object.entries(more)) {
    process.stdout.write(`${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}\n`);
  }
  process.stdout.write(`${JSON.stringify({ bench, results, ...more })}\n`);
}

export function rounded(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
