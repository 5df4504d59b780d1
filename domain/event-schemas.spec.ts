/** Who relies on it would leave personal data sealed, and show it as it lies in the log. */
import { expect, it } from '@jest/globals';
import { holdsPersonal } from './event-schemas.ts';

it('knows which events hold something sealed, deep inside too', () => {
  expect(
    [
      'UserRegistered',
      'ProfileChanged',
      'OrderPlaced',
      'CartCheckedOut',
      'PaymentRequested',
      'OperationRecorded',
    ].filter(holdsPersonal),
  ).toHaveLength(6);
  expect(
    ['ItemAdded', 'StockReserved', 'OrderConfirmed', 'ProductDrafted', 'NoSuchEvent'].filter(holdsPersonal),
  ).toEqual([]);
});
