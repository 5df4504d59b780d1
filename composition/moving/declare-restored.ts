/** After a backup was put in place of a log: places kept from the time since it was made name other events now, or none. */
import type { LogIdentity } from '../../event-store/port.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import type { Database } from '../../platform/postgres/database.ts';

export type Restored = {
  /** The shop's. */
  readonly database: Database;
  /** Undefined: the log is in the shop's database. */
  readonly eventStoreUrl: string | undefined;
  readonly logger: Logger;
};

/**
 * Raises the log's epoch, so that positions given out before are refused, and forgets how far rows and processes had
 * come: both are built anew at the next start. No process of the shop may be running. Repeated, it raises it once more.
 */
export async function declareLogRestored({ database, eventStoreUrl, logger }: Restored): Promise<LogIdentity> {
  const identity = eventStoreUrl === undefined ? await raiseEpoch(database) : await raiseOutside(eventStoreUrl, logger);
  await forgetPlaces(database);
  return identity;
}

/** How far rows and processes of a shop had come in a log that is another one now. */
export async function forgetPlaces({ pool }: Database): Promise<void> {
  for (const { statement, table } of FORGET) {
    const { rows } = await pool.query('select 1 where to_regclass($1) is not null', [table]);
    if (rows.length > 0) await pool.query(statement);
  }
}

const FORGET = [
  { table: 'projections.checkpoints', statement: 'delete from projections.checkpoints' },
  { table: 'processes.due', statement: 'truncate processes.due, processes.checkpoint' },
];

async function raiseEpoch({ pool }: Database): Promise<LogIdentity> {
  const { rows } = await pool.query<LogIdentity>(
    'update log.identity set epoch = epoch + 1 returning log_id as "logId", epoch',
  );
  if (!rows[0]) throw new Error('the log has no identity: its schema is damaged, restore it from a backup');
  return rows[0];
}

async function raiseOutside(url: string, logger: Logger): Promise<LogIdentity> {
  const { declareRestored } = await import('../../event-store/eventstoredb/store.ts');
  return declareRestored({ url, logger });
}
