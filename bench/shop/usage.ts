/** What work costs: processor time of this process and of its Postgres, and statements sent, by who sent them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { rounded } from './measure.ts';

export type Usage = {
  /** Milliseconds of this process, the load generator included. */
  readonly nodeMs: number;
  /** Of the postmaster and all its children; null where the system does not tell. */
  readonly postgresMs: number | null;
  /** Statements so far, by application name. */
  readonly statements: ReadonlyMap<string, number>;
};

/** Counts from now on. `postgres` is where the embedded engine keeps itself. */
export function startUsage(postgres: string): () => Usage {
  const statements = new Map<string, number>();
  const { query } = pg.Client.prototype;
  // Every statement of this process goes through here, whichever pool or connection sends it.
  pg.Client.prototype.query = function counted(this: pg.Client, ...args: unknown[]) {
    const name = nameOf(this);
    statements.set(name, (statements.get(name) ?? 0) + 1);
    return Reflect.apply(query, this, args);
  } as typeof query;
  return () => {
    const { user, system } = process.cpuUsage();
    return { nodeMs: (user + system) / 1_000, postgresMs: postgresCpu(postgres), statements: new Map(statements) };
  };
}

/** Processor time of each of `count` pieces of work, in milliseconds. */
export function processorEach(from: Usage, to: Usage, count: number) {
  const each = (value: number) => rounded(value / count, 2);
  const postgres = to.postgresMs === null || from.postgresMs === null ? null : each(to.postgresMs - from.postgresMs);
  return { nodeMs: each(to.nodeMs - from.nodeMs), postgresMs: postgres };
}

function nameOf(client: pg.Client): string {
  const { connectionParameters } = client as { connectionParameters?: { application_name?: string } };
  return connectionParameters?.application_name ?? 'unnamed';
}

/** A tick of /proc is 10 ms on every Linux that Node runs on. */
const TICK_MS = 10;

function postgresCpu(location: string): number | null {
  const pidFile = join(location, 'cluster', 'data', 'postmaster.pid');
  if (!existsSync('/proc/self/stat') || !existsSync(pidFile)) return null;
  const postmaster = readFileSync(pidFile, 'utf8').split('\n')[0] ?? '';
  const times = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(timesOf)
    .filter((one) => one !== undefined && (one.pid === postmaster || one.parent === postmaster));
  return times.reduce((sum, one) => sum + (one?.ticks ?? 0), 0) * TICK_MS;
}

/** Of a process, and of those of its children that ended: a backend that closes must not take its time with it. */
function timesOf(pid: string): { pid: string; parent: string; ticks: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0);
    return { pid, parent: fields[1] ?? '', ticks };
  } catch {
    return undefined; // It ended between the listing and the look.
  }
}
