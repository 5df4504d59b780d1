/** What the audit log makes of events. */
import { describe, expect, it } from '@jest/globals';
import type { Sealed } from '../../domain/sealed.ts';
import { newId } from '../../platform/ids.ts';
import type { ProjectedEvent, Projection } from '../runtime/types.ts';
import { projected, rowsOf } from '../testing/projected.ts';
import { category, type Told, told } from '../testing/story.ts';
import { type AuditRow, auditProjection } from './projection.ts';

const [userId, orderId, variantId, operationId] = [newId(), newId(), newId(), newId()];
/** Projections see values opened. */
const opened = <T>(plain: T) => plain as unknown as Sealed<T>;
const entries = (...events: readonly Told[]) => [...rowsOf<AuditRow>(auditProjection as Projection, events).values()];
const operation = (address: unknown) =>
  told(`operation-${operationId}`, 'OperationRecorded', {
    operationId,
    action: 'parked.skip',
    subject: 'p-1',
    reason: 'settled by hand',
    detail: { tries: 3 },
    address: address as Sealed<string>,
  });
const cancelled = (code: 'cancelled_by_staff' | 'cancelled_by_buyer') =>
  told(`order-${orderId}`, 'OrderCancelled', {
    orderId,
    cartId: newId(),
    wasConfirmed: true,
    reason: { code, detail: 'It was cancelled.' },
  });

describe('the audit log', () => {
  it('shows an operation with its reason, detail and address', () => {
    expect(entries(operation('192.0.2.1'))).toEqual([
      expect.objectContaining({
        action: 'parked.skip',
        subject: 'p-1',
        reason: 'settled by hand',
        detail: { tries: 3 },
        address: '192.0.2.1',
        stream: `operation-${operationId}`,
      }),
    ]);
  });

  it('shows no address of a person who was erased', () =>
    expect(entries(operation({ $erased: true }))[0]?.address).toBeNull());

  it('shows deeds of staff under their stream, and leaves out what people do to their own', () => {
    const adjusted = told(`inventory-${variantId}`, 'StockAdjusted', { variantId, delta: -2, reason: 'broken' });
    const granted = told(`user-${userId}`, 'RoleGranted', { userId, role: 'ops' });
    const told3 = entries(granted, cancelled('cancelled_by_buyer'), cancelled('cancelled_by_staff'), adjusted);
    expect(told3.map(({ action, subject, reason }) => [action, subject, reason])).toEqual([
      ['roles.grant', `user-${userId}`, null],
      ['orders.cancel', `order-${orderId}`, null],
      ['stock.adjust', `inventory-${variantId}`, 'broken'],
    ]);
    expect(entries(category(newId(), 'Audio'))[0]).toMatchObject({ action: 'categories.create' });
  });

  it('shows a profile that somebody else changed, without what it says', () => {
    const change = told(`user-${userId}`, 'ProfileChanged', { userId, name: opened('Eve') });
    const by = (actor: string) => {
      const [event] = projected([change]) as ProjectedEvent<'ProfileChanged'>[];
      if (!event) throw new Error('nothing was told');
      return auditProjection.project({ ...event, metadata: { ...event.metadata, actor } }, undefined, event.id);
    };
    expect(by(`user:${userId}`)).toBeNull();
    expect(by(`user:${newId()}`)).toMatchObject({ action: 'users.change', detail: null, reason: null });
  });
});
