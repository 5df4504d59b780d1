/** Snapshots of long streams: a help that may be missing, late or of another version, and is then ignored. */
import { isDeepStrictEqual } from 'node:util';
import type { LogIdentity, Position } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { type Database, migrate } from '../../platform/postgres/database.ts';
import { createCommandMemory, type StoredMemory } from './command-memory.ts';
import { commandMigrations } from './migrations.ts';
import type { AnyDecider, StreamState } from './stream-state.ts';

export type Snapshots = {
  /** The snapshot of a stream for this version of its state; undefined where there is none, or it cannot be had. */
  find(decider: AnyDecider, stream: string): Promise<StreamState | undefined>;
  /**
   * Takes a state that grew from revision `since`; writes it where enough events lie between them. Returns at once and
   * never fails: a snapshot that could not be written is written a few hundred events later.
   */
  offer(entry: StreamState, since: number): void;
  /** Waits for the writes under way. */
  close(): Promise<void>;
};

export type SnapshotOptions = {
  readonly database: Database;
  /** Snapshots of another log, or of before a restore, are never seen. */
  readonly identity: LogIdentity;
  readonly logger: Logger;
  /** Events from one snapshot to the next (200). */
  readonly every?: number;
  /** Command ids remembered with a restored state (512). */
  readonly memory?: number;
};

const WRITES_AT_ONCE = 4;

type Row = {
  readonly revision: number;
  readonly position: string;
  readonly event_id: string;
  readonly state: unknown;
  readonly memory: StoredMemory;
};

/** Brings the table up to date. */
export async function createPostgresSnapshots(options: SnapshotOptions): Promise<Snapshots> {
  const { database, identity, logger, every = 200, memory = 512 } = options;
  await migrate(database, 'commands', commandMigrations);
  const writing = new Map<string, Promise<void>>();

  const write = async (entry: StreamState): Promise<void> => {
    const state = JSON.stringify(entry.state);
    if (!isDeepStrictEqual(JSON.parse(state), entry.state)) {
      logger.warn({ stream: entry.stream }, 'no snapshot: the state holds what JSON cannot; replace it in the decider');
      return;
    }
    await database.pool.query(UPSERT, [
      identity.logId,
      identity.epoch,
      entry.stream,
      entry.decider.stateVersion,
      entry.revision,
      entry.position,
      entry.eventId,
      state,
      JSON.stringify(entry.commands.store()),
    ]);
  };

  return {
    async find(decider, stream) {
      try {
        const { rows } = await database.pool.query<Row>(SELECT, [
          identity.logId,
          identity.epoch,
          stream,
          decider.stateVersion,
        ]);
        return rows[0] && restore(rows[0], { decider, stream, memory });
      } catch (error) {
        logger.warn({ err: error, stream }, 'a snapshot could not be read: the stream is read whole');
        return undefined;
      }
    },
    offer(entry, since) {
      const due = Math.floor((entry.revision + 1) / every) > Math.floor((since + 1) / every);
      if (!due || writing.has(entry.stream) || writing.size >= WRITES_AT_ONCE) return;
      const written = write(entry)
        .catch((error) => logger.warn({ err: error, stream: entry.stream }, 'a snapshot could not be written'))
        .finally(() => writing.delete(entry.stream));
      writing.set(entry.stream, written);
    },
    async close() {
      await Promise.all(writing.values());
    },
  };
}

type Restored = { readonly decider: AnyDecider; readonly stream: string; readonly memory: number };

function restore(row: Row, { decider, stream, memory }: Restored): StreamState {
  return {
    stream,
    decider,
    state: row.state,
    revision: row.revision,
    position: row.position as Position,
    eventId: row.event_id,
    commands: createCommandMemory(memory, row.memory),
  };
}

const SELECT = `
  select revision, position, event_id, state, memory
  from commands.snapshots
  where log_id = $1 and epoch = $2 and stream = $3 and state_version = $4`;

// The condition keeps a slow writer from putting an older state over a newer one.
const UPSERT = `
  insert into commands.snapshots as s
    (log_id, epoch, stream, state_version, revision, position, event_id, state, memory)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  on conflict (log_id, epoch, stream, state_version) do update
  set revision = excluded.revision, position = excluded.position, event_id = excluded.event_id,
      state = excluded.state, memory = excluded.memory, written_at = now()
  where s.revision < excluded.revision`;
