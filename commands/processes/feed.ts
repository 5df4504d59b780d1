/** Reads the log for the processes: each wanted event has its key looked at some seconds later. */
import { decodeStored } from '../../domain/decode-stored.ts';
import type { ShopEvent } from '../../domain/event-registry.ts';
import { assertCheckpoint, type Checkpoint } from '../../event-store/checkpoint.ts';
import type { EventStore, StoredEvent } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { pause } from '../../platform/process/pause.ts';
import { type Due, touch } from './due-table.ts';
import type { Process } from './process.ts';

export type FeedOptions = {
  readonly database: Database;
  readonly processes: readonly Process[];
  readonly store: EventStore;
  readonly logger: Logger;
  /** How long whoever appended has for doing it inline. */
  readonly delayMs: number;
  readonly signal: AbortSignal;
};

/** Pause after each write of keys: events gather in the log meanwhile, one transaction for many orders. */
const PAUSE_MS = 200;
/** Keys in one transaction. */
const KEYS = 1_000;
/** A log that brings nothing for the processes moves the checkpoint this often. */
const IDLE_MS = 2_000;

/** How long a feeder whose checkpoint another one moved stands by before it looks whether that one still feeds. */
const STAND_BY_MS = 5_000;

/**
 * Feeds until the signal aborts, or stands by while another process does. Throws when an engine is away, or when the
 * checkpoint is not of this log: run it supervised, it then goes on from the checkpoint.
 */
export async function feedProcesses(options: FeedOptions): Promise<void> {
  while (!options.signal.aborted) {
    try {
      await feedFromCheckpoint(options);
    } catch (error) {
      if (!(error instanceof OvertakenFeed)) throw error;
      options.logger.debug('another process feeds the processes; standing by');
      await pause(STAND_BY_MS, options.signal);
    }
  }
}

async function feedFromCheckpoint(options: FeedOptions): Promise<void> {
  let checkpoint = await openCheckpoint(options);
  let reached = checkpoint;
  const gathered = new Map<string, Due>();
  let movedAt = Date.now();
  for await (const message of options.store.subscribe({ after: checkpoint.position, signal: options.signal })) {
    const caughtUp = message.kind === 'caught-up';
    if (!caughtUp) {
      for (const event of message.events) gather(options, gathered, event);
      const last = message.events.at(-1);
      if (last) reached = { ...checkpoint, position: last.position, eventId: last.id };
    }
    const idle = caughtUp && reached !== checkpoint && Date.now() - movedAt > IDLE_MS;
    if (!idle && gathered.size < (caughtUp ? 1 : KEYS)) continue;
    await moveOn(options, [...gathered.values()], { from: checkpoint, to: reached });
    gathered.clear();
    checkpoint = reached;
    movedAt = Date.now();
    if (caughtUp) await pause(PAUSE_MS, options.signal);
  }
}

function gather({ processes, logger }: FeedOptions, into: Map<string, Due>, stored: StoredEvent): void {
  const wanting = processes.filter(({ wants }) => (wants as readonly string[]).includes(stored.type));
  if (wanting.length === 0) return;
  const event = decodeOrLog(stored, logger);
  if (!event) return;
  for (const process of wanting) {
    const key = process.key(event);
    if (key !== undefined) into.set(`${process.name} ${key}`, { process: process.name, key });
  }
}

/** An event nobody can read names no key; it must not hold up all others, and it is told loudly. */
function decodeOrLog(stored: StoredEvent, logger: Logger): ShopEvent | undefined {
  try {
    return decodeStored(stored);
  } catch (err) {
    const { position, stream, type } = stored;
    logger.error({ err, position, stream, type }, 'a process cannot read an event; its order is not woken by it');
    return undefined;
  }
}

const OPEN = `
  insert into processes.checkpoint (log_id, log_epoch) values ($1, $2)
  on conflict (one) do update set one = true
  returning log_id as "logId", log_epoch as epoch, position, event_id as "eventId"`;

async function openCheckpoint({ database, store }: FeedOptions): Promise<Checkpoint> {
  const { logId, epoch } = await store.identity();
  const { rows } = await database.pool.query<Checkpoint>(OPEN, [logId, epoch]);
  const [checkpoint] = rows;
  if (!checkpoint) throw new Error('the checkpoint of the processes cannot be read');
  await assertCheckpoint(store, checkpoint);
  return checkpoint;
}

/** Another feeder moved the checkpoint: what was read here since is that one's to write. */
class OvertakenFeed extends Error {
  constructor() {
    super('another process moved the checkpoint of the processes');
    this.name = 'OvertakenFeed';
  }
}

async function moveOn(
  { database, delayMs }: FeedOptions,
  keys: readonly Due[],
  { from, to }: { readonly from: Checkpoint; readonly to: Checkpoint },
): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query('begin');
    // One transaction with the keys: a checkpoint that went ahead of them would lose an order for ever.
    const { rowCount } = await client.query(
      'update processes.checkpoint set position = $2, event_id = $3 where position is not distinct from $1',
      [from.position, to.position, to.eventId],
    );
    if (rowCount !== 1) throw new OvertakenFeed();
    await touch(client, keys, delayMs);
    await client.query('commit');
    client.release();
  } catch (error) {
    // The connection goes with its transaction: whether a rollback would get through is not known.
    client.release(true);
    throw error;
  }
}
