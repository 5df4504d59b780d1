/** A log, a key store and a database of their own for tests of projections. */
import { randomBytes } from 'node:crypto';
import type { Sealed } from '../../domain/sealed.ts';
import type { EventStore, NewEvent, Position } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { createPostgresKeyStore, type PostgresKeyStore } from '../../platform/keys/postgres-key-store.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { openShopEngines } from '../../test/support/shop-engines.ts';
import { allDerived, allProjections } from '../all.ts';
import { createProjectionRuntime, type ProjectionRuntime, type ProjectionRuntimeOptions } from '../runtime/runtime.ts';
import type { Told } from './story.ts';

export type TestLog = {
  readonly store: EventStore;
  readonly keys: PostgresKeyStore;
  readonly database: Database;
  /** The environment of a process that works on the same engines. */
  readonly settings: Readonly<Record<string, string>>;
  readonly seal: <T>(person: string, plain: T) => Promise<Sealed<T>>;
  /** Appends in order, the runs of one stream together. Returns the last position. */
  tell(events: readonly Told[]): Promise<Position>;
  /** All projections of the shop, or those given; stopped with the log. */
  runtime(options?: Partial<ProjectionRuntimeOptions>): ProjectionRuntime;
  close(): Promise<void>;
};

const quiet = createLogger({ name: 'test', level: 'silent' });

export async function createTestLog({ masterKey = randomBytes(32) } = {}): Promise<TestLog> {
  const engines = await openShopEngines();
  const { database } = engines;
  const keys = await createPostgresKeyStore({ database, masterKey });
  const store = await engines.openLog(quiet);
  const runtimes: ProjectionRuntime[] = [];
  const revisions = new Map<string, number>();
  const append = async (stream: string, events: readonly NewEvent[]) => {
    const at = revisions.get(stream);
    const result = await store.append(stream, events, at ?? 'no-stream');
    revisions.set(stream, result.revision);
    return result.position;
  };
  return {
    store,
    keys,
    database,
    settings: engines.settings,
    seal: async <T>(person: string, plain: T) => (await keys.seal(person, plain)) as unknown as Sealed<T>,
    async tell(events) {
      let last: Position | undefined;
      for (const run of runsOf(events)) last = await append(run[0].stream, run.map(newEvent));
      if (last === undefined) throw new Error('nothing was told');
      return last;
    },
    runtime(options = {}) {
      const all = { projections: allProjections, derived: allDerived };
      const runtime = createProjectionRuntime({ log: store, database, keys, logger: quiet, ...all, ...options });
      runtimes.push(runtime);
      return runtime;
    },
    async close() {
      await Promise.all(runtimes.map((runtime) => runtime.stop()));
      await store.close();
      await engines.close();
    },
  };
}

function runsOf(events: readonly Told[]): [Told, ...Told[]][] {
  const runs: [Told, ...Told[]][] = [];
  for (const event of events) {
    const run = runs.at(-1);
    if (run?.[0].stream === event.stream && run.length < 200) run.push(event);
    else runs.push([event]);
  }
  return runs;
}

/** As the log takes it. */
export function newEvent({ type, data, at = new Date().toISOString() }: Told): NewEvent {
  const commandId = newId();
  return {
    id: newId(),
    type,
    data: JSON.parse(JSON.stringify(data)),
    metadata: {
      $correlationId: commandId,
      $causationId: commandId,
      commandId,
      actor: 'cli:test',
      occurredAt: at,
      recordedAt: at,
      schemaVersion: 1,
    },
  };
}
