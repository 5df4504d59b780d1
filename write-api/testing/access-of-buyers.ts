/** Who may call what of carts, orders and payments: a buyer's are nobody else's, and a guest's are whose token it is. */
import type { Row } from './access-row.ts';
import type { As } from './client.ts';
import type { Marketplace } from './marketplace.ts';

//                       nobody guest buyer other seller rival support analyst ops admin
const BUYERS_CART = (ok: number) => `401 404 ${ok} 404   404   404     404     404  404  404`;
const GUESTS_CART = (ok: number) => `401 ${ok} 404 404   404   404     404     404  404  404`;
const BUYERS_ORDER = '   401   404   200   404   200   404     200     404  404  200';
const GUESTS_ORDER = '   401   200   404   404   200   404     200     404  404  200';
const BUYERS_CANCEL = '  401   404   200   404   403   404     200     404  404  200';
const GUESTS_CANCEL = '  401   200   404   404   403   404     200     404  404  200';
const BUYERS_PAYMENT = ' 401   404   200   404   404   404     200     404  404  200';
const GUESTS_PAYMENT = ' 401   200   404   404   404   404     200     404  404  200';

const item = ({ variantId }: Marketplace): unknown => ({ variantId, quantity: 1 });
const shippingAddress = { name: 'A', line1: '1 High St', city: 'Springfield', postalCode: '12345', country: 'US' };
const payment = { method: 'card', token: 'tok_visa' };
const purchase = (): unknown => ({ email: 'a@example.com', shippingAddress, payment });

export const CARTS: readonly Row[] = (['buyer', 'guest'] as const).flatMap((owner): readonly Row[] => {
  const own = owner === 'buyer' ? BUYERS_CART : GUESTS_CART;
  const cart = (m: Marketplace): string => `/carts/${m.carts[owner]}`;
  const inCart = (m: Marketplace): string => `${cart(m)}/items/${m.variantId}`;
  const of = `the ${owner}’s`;
  return [
    { route: 'GET /carts/{id}', of, path: cart, expected: own(200) },
    { route: 'POST /carts/{id}/items', of, path: (m) => `${cart(m)}/items`, body: item, expected: own(200) },
    {
      route: 'PATCH /carts/{id}/items/{variantId}',
      of,
      path: inCart,
      body: () => ({ quantity: 2 }),
      expected: own(200),
    },
    { route: 'DELETE /carts/{id}/items/{variantId}', of, path: inCart, expected: own(200) },
    {
      route: 'POST /carts/{id}/merge',
      of,
      path: (m) => `${cart(m)}/merge`,
      body: (m) => m.offered[owner],
      expected: own(200),
    },
    { route: 'POST /carts/{id}/checkout', of, path: (m) => `${cart(m)}/checkout`, body: purchase, expected: own(201) },
  ];
});

export const ORDERS: readonly Row[] = (['buyer', 'guest'] as const).flatMap((owner): readonly Row[] => {
  const buyers = owner === 'buyer';
  const order = (m: Marketplace): string => `/orders/${m.orders[owner].orderId}`;
  const paid = (m: Marketplace): string => `/payments/${m.orders[owner].paymentId}`;
  const guest = (m: Marketplace): As => m.guestWhoBought;
  const of = `the ${owner}’s`;
  return [
    { route: 'GET /orders/{id}', of, guest, path: order, expected: buyers ? BUYERS_ORDER : GUESTS_ORDER },
    {
      route: 'GET /orders/{id}/events',
      of,
      guest,
      path: (m) => `${order(m)}/events`,
      expected: buyers ? BUYERS_ORDER : GUESTS_ORDER,
    },
    { route: 'GET /payments/{id}', of, guest, path: paid, expected: buyers ? BUYERS_PAYMENT : GUESTS_PAYMENT },
    {
      route: 'POST /payments/{id}/challenge',
      of,
      guest,
      path: (m) => `${paid(m)}/challenge`,
      body: () => ({ outcome: 'pass' }),
      // 409: the payment was not challenged.
      expected: buyers ? '401 404 409 404 404 404 403 404 404 403' : '401 409 404 404 404 404 403 404 404 403',
    },
    {
      route: 'POST /orders/{id}/cancel',
      of,
      guest,
      path: (m) => `${order(m)}/cancel`,
      expected: buyers ? BUYERS_CANCEL : GUESTS_CANCEL,
    },
  ];
});
