/** The audit log: who did what, when and from where; one row for each operation, and for each deed of staff. */
import { shownOrNull } from '../read.ts';
import { defineProjection, type ProjectedEvent } from '../runtime/types.ts';
import { DEEDS, type Deed, type DeedType, deedOf } from './deeds.ts';

export type AuditRow = {
  readonly event_id: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
  readonly actor: string;
  /** Null: not over the network, not known, or of a person who was erased. */
  readonly address: string | null;
  /** Where the whole of it is told. */
  readonly stream: string;
  readonly occurred_at: string;
};

type AuditedType = DeedType | 'OperationRecorded';
type Told = Deed & { readonly subject: string; readonly address: string | null };

export const auditProjection = defineProjection<AuditedType, AuditRow>({
  name: 'audit',
  version: 1,
  table: 'audit',
  keyColumn: 'event_id',
  category: 'operation',
  columns: {
    event_id: 'text',
    action: 'text',
    subject: 'text',
    reason: 'text',
    detail: 'jsonb',
    actor: 'text',
    address: 'text',
    stream: 'text',
    occurred_at: 'text',
  },
  indexes: ['(position)', '(actor, position)', '(subject, position)', '(occurred_at)'],
  wants: ['OperationRecorded', ...DEEDS],
  keys: (event) => (toldBy(event) === undefined ? [] : [event.id]),
  project(event, _row, key) {
    const told = toldBy(event);
    if (told === undefined) return null;
    const { action, subject, reason = null, detail = null, address } = told;
    const { actor, occurredAt } = event.metadata;
    const { stream } = event;
    return { event_id: key, action, subject, reason, detail, actor, address, stream, occurred_at: occurredAt };
  },
});

function toldBy(event: ProjectedEvent<AuditedType>): Told | undefined {
  if (event.type === 'OperationRecorded') {
    const { operationId: _, address, ...operation } = event.data;
    return { ...operation, address: shownOrNull(address ?? null) };
  }
  const deed = deedOf(event);
  return deed && { ...deed, subject: event.stream, address: null };
}
