/** What staff did that the trade's own events tell: the audit log shows it beside the operations. */
import type { ProjectedEvent } from '../runtime/types.ts';

/** Everything but when, by whom and to which stream. Names and other personal values are left to the event. */
export type Deed = {
  readonly action: string;
  readonly reason?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
};

/** Events that can be deeds. */
export const DEEDS = [
  'ProfileChanged',
  'RoleGranted',
  'RoleRevoked',
  'SellerApproved',
  'SellerSuspended',
  'CategoryCreated',
  'CategoryRenamed',
  'CategoryMoved',
  'StockAdjusted',
  'OrderCancelled',
] as const;
export type DeedType = (typeof DEEDS)[number];

/** The deed an event tells of; undefined where somebody did it to what is their own. */
export function deedOf(event: ProjectedEvent<DeedType>): Deed | undefined {
  switch (event.type) {
    case 'ProfileChanged':
      return event.metadata.actor === `user:${event.data.userId}` ? undefined : { action: 'users.change' };
    case 'RoleGranted':
      return { action: 'roles.grant', detail: { role: event.data.role } };
    case 'RoleRevoked':
      return { action: 'roles.revoke', detail: { role: event.data.role } };
    case 'SellerApproved':
      return { action: 'sellers.approve' };
    case 'SellerSuspended':
      return { action: 'sellers.suspend', reason: event.data.reason };
    case 'CategoryCreated':
    case 'CategoryRenamed':
    case 'CategoryMoved':
      return { action: `categories.${CATEGORY_ACTIONS[event.type]}`, detail: event.data };
    case 'StockAdjusted':
      return { action: 'stock.adjust', reason: event.data.reason, detail: { delta: event.data.delta } };
    case 'OrderCancelled': {
      const { code } = event.data.reason;
      return code === 'cancelled_by_staff' ? { action: 'orders.cancel' } : undefined;
    }
  }
}

const CATEGORY_ACTIONS = { CategoryCreated: 'create', CategoryRenamed: 'rename', CategoryMoved: 'move' } as const;
