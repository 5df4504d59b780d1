/** Every event type of the shop in one place: what the log can hold, and how it is read. */
import { cartEvents } from './carts/events.ts';
import { categoryEvents } from './categories/events.ts';
import { decodeBy, type EventDefinition, type EventOf } from './event-definition.ts';
import { inventoryEvents } from './inventory/events.ts';
import { operationEvents } from './operations/events.ts';
import { orderEvents } from './orders/events.ts';
import { paymentEvents } from './payments/events.ts';
import { productEvents } from './products/events.ts';
import type { Unsealed } from './sealed.ts';
import { sellerEvents } from './sellers/events.ts';
import { skuEvents } from './skus/events.ts';
import { emailEvents, userEvents } from './users/events.ts';

export const eventDefinitions = {
  ...userEvents,
  ...emailEvents,
  ...sellerEvents,
  ...categoryEvents,
  ...productEvents,
  ...skuEvents,
  ...inventoryEvents,
  ...cartEvents,
  ...orderEvents,
  ...paymentEvents,
  ...operationEvents,
} as const;

/** Any event of the shop, personal fields sealed. */
export type ShopEvent = EventOf<typeof eventDefinitions>;
export type EventType = ShopEvent['type'];
/** The event of one type, personal fields sealed. */
export type EventNamed<T extends EventType> = Extract<ShopEvent, { type: T }>;
/** The event of one type as projections see it: personal fields opened or erased. */
export type OpenEvent<T extends EventType = EventType> = T extends EventType
  ? { readonly type: T; readonly data: Unsealed<EventNamed<T>['data']> }
  : never;

/** The definition of an event type; undefined for one this version of Souk does not know. */
export function definitionOf(type: string): EventDefinition | undefined {
  return Object.hasOwn(eventDefinitions, type) ? eventDefinitions[type as EventType] : undefined;
}

/**
 * The one way from stored data to an event: lift old versions, then check against today's schema. Personal fields stay
 * sealed. Throws `UndecodableEvent`.
 */
export function decodeEvent(type: string, version: number, data: unknown): ShopEvent {
  return decodeBy(eventDefinitions, { type, version, data }) as ShopEvent;
}
