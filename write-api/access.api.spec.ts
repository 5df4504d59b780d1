/** Who may call what, over real sockets: every route for each kind of caller, as the table has it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ACCESS_RULES } from '../domain/access/policy.ts';
import type { Row } from './testing/access-row.ts';
import { TABLE } from './testing/access-table.ts';
import { CALLERS, type CallerName, type Marketplace, openMarketplace } from './testing/marketplace.ts';
import { type StartedShop, startTestShop } from './testing/start-test-shop.ts';

const shapeOf = (route: string): string => route.replace(/\{[^}]*\}/g, '{}');

let shop: StartedShop;
let market: Marketplace;
beforeAll(async () => {
  shop = await startTestShop();
  market = await openMarketplace(shop);
});
afterAll(() => shop?.stop());

it('every route of the policy stands in this table, and no other', () => {
  expect([...new Set(TABLE.map(({ route }) => shapeOf(route)))].sort()).toEqual(
    [...new Set(Object.keys(ACCESS_RULES).map(shapeOf))].sort(),
  );
});

describe('each caller gets what the API’s page says from', () => {
  it.each(TABLE.map((row) => [[row.route, row.of].filter(Boolean).join(', '), row] as const))(
    '%s',
    async (_name, row) => {
      const wanted = row.expected.trim().split(/\s+/).map(Number);
      expect(wanted).toHaveLength(CALLERS.length);
      const expected = Object.fromEntries(CALLERS.map((caller, index) => [caller, wanted[index]]));
      // Who is refused asks first: what others may do would else be done already, and the resource gone.
      const order = [...CALLERS].sort((a, b) => Number((expected[a] ?? 0) < 400) - Number((expected[b] ?? 0) < 400));
      const got: Record<string, number> = {};
      for (const caller of order) got[caller] = await statusFor(row, caller);
      expect(got).toEqual(expected);
    },
  );
});

/** The answer's status; its body is not waited for, as a stream's does not end. */
async function statusFor({ route, path, body, guest }: Row, caller: CallerName): Promise<number> {
  const [method = 'GET', pattern = '/'] = route.split(' ');
  const as = caller === 'guest' && guest !== undefined ? guest(market) : market.callers[caller];
  const { accessToken, cartToken } = as;
  const response = await fetch(`${shop.url}${path?.(market) ?? pattern}`, {
    method,
    headers: {
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      ...(cartToken === undefined ? {} : { 'souk-cart-token': cartToken }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(route.endsWith('/checkout') ? { 'idempotency-key': randomUUID() } : {}),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body(market)) }),
  });
  await response.body?.cancel();
  return response.status;
}
