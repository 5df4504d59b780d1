/** What must hold of every projection of the shop. */
import { expect, it } from '@jest/globals';
import { cartEvents } from '../domain/carts/events.ts';
import { categoryEvents } from '../domain/categories/events.ts';
import { inventoryEvents } from '../domain/inventory/events.ts';
import { operationEvents } from '../domain/operations/events.ts';
import { orderEvents } from '../domain/orders/events.ts';
import { paymentEvents } from '../domain/payments/events.ts';
import { productEvents } from '../domain/products/events.ts';
import { sellerEvents } from '../domain/sellers/events.ts';
import { userEvents } from '../domain/users/events.ts';
import { allProjections } from './all.ts';

const EVENTS: Readonly<Record<string, object>> = {
  user: userEvents,
  seller: sellerEvents,
  category: categoryEvents,
  product: productEvents,
  inventory: inventoryEvents,
  cart: cartEvents,
  order: orderEvents,
  payment: paymentEvents,
  operation: operationEvents,
};

// Shown with its product, whose revision counts.
const PART_OF_ANOTHER = 'variants';

it.each(allProjections.filter(({ name }) => name !== PART_OF_ANOTHER))(
  '$name wants every event of its own stream: else its ETag is one that If-Match refuses',
  ({ category, wants }) => {
    const types = Object.keys(EVENTS[category] ?? {});
    expect(types.length).toBeGreaterThan(0);
    expect(types.filter((type) => !wants.some((wanted) => wanted === type))).toEqual([]);
  },
);
