/** The only SELECTs on the audit log. */
import type { Position } from '../../event-store/port.ts';
import { decodeCursor, latestOf, type Page, type PageRequest, pageOf, type Reader } from '../read.ts';
import type { Stamp } from '../runtime/types.ts';
import type { AuditRow } from './projection.ts';

export type AuditEntry = {
  readonly id: string;
  readonly action: string;
  readonly subject: string;
  readonly reason?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly address: string | null;
  readonly stream: string;
  readonly occurredAt: string;
};

export type AuditFilter = {
  /** As in metadata (`user:{id}`, `cli:{name}`), or a user's id alone. */
  readonly actor?: string | undefined;
  /** As in the entry, or the id alone of an account, a seller, an order or a variant. */
  readonly subject?: string | undefined;
  /** RFC 3339, UTC: from then on, and before then. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

const SUBJECTS = ['user', 'seller', 'order', 'inventory'] as const;

/** Entries, newest first. Reads the projection `audit`. */
export async function listAudit(
  reader: Reader,
  { actor, subject, from, to, cursor, limit }: AuditFilter & PageRequest,
): Promise<Page<AuditEntry> & { readonly position: Position | null }> {
  const conditions = ['true'];
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  if (actor !== undefined) conditions.push(`actor = any(${bind([actor, `user:${actor}`])})`);
  if (subject !== undefined) {
    conditions.push(`subject = any(${bind([subject, ...SUBJECTS.map((kind) => `${kind}-${subject}`)])})`);
  }
  if (from !== undefined) conditions.push(`occurred_at >= ${bind(from)}`);
  if (to !== undefined) conditions.push(`occurred_at < ${bind(to)}`);
  if (cursor !== undefined) conditions.push(`position < ${bind(decodeCursor(cursor, ['string'])[0])}`);
  const { rows } = await reader.query<AuditRow & Stamp>(
    `select * from projections.audit where ${conditions.join(' and ')} order by position desc limit ${bind(limit + 1)}`,
    values,
  );
  const page = pageOf(rows, limit, { item: shown, key: (row) => [row.position] });
  return { ...page, position: latestOf(...rows.slice(0, limit).map((row) => row.position)) };
}

function shown(row: AuditRow): AuditEntry {
  return {
    id: row.event_id,
    action: row.action,
    subject: row.subject,
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.detail === null ? {} : { detail: row.detail }),
    actor: row.actor,
    address: row.address,
    stream: row.stream,
    occurredAt: row.occurred_at,
  };
}
