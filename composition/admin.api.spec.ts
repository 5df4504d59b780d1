/** What ops and analysts do, over HTTP and by the command, on a whole shop: the history, and who looked at it. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runVerb } from '../cli/testing/run-verb.ts';
import { watchStream } from '../platform/http/testing/event-stream.ts';
import type { As, Json } from '../write-api/testing/client.ts';
import { addCategory, logInAdmin, openSeller, sell, signUp } from '../write-api/testing/people.ts';
import { type StartedShop, startTestShop } from '../write-api/testing/start-test-shop.ts';

const SOUK_MASTER_KEY = randomBytes(32).toString('base64');
const shippingAddress = { name: 'A', line1: '1 High St', city: 'Springfield', postalCode: '12345', country: 'US' };

let shop: StartedShop;
let admin: As;
let analyst: As & { readonly userId: string };
let order: string;
/** What its buyer was told after each step, and when the log had it. */
const moments: { readonly status: string; readonly at: string }[] = [];

beforeAll(async () => {
  shop = await startTestShop({ SOUK_MASTER_KEY });
  admin = await logInAdmin(shop);
  analyst = await signUp(shop);
  await shop.done(`PUT /users/${analyst.userId}/roles/analyst`, { as: admin });
  const seller = await openSeller(shop, admin);
  const { variantId } = await sell(shop, { seller, categoryId: await addCategory(shop, admin) });
  order = await buyAndCancel(variantId);
});
afterAll(() => shop?.stop());

/** Checked out with a challenge, passed, confirmed, captured, cancelled. */
async function buyAndCancel(variantId: string): Promise<string> {
  const buyer = await signUp(shop);
  const { cartId } = await shop.done('POST /carts', { as: buyer, body: {} });
  await shop.done(`POST /carts/${cartId}/items`, { as: buyer, body: { variantId, quantity: 2 } });
  const payment = { method: 'card', token: 'tok_3ds' };
  const body = { email: 'b@example.com', shippingAddress, payment };
  const { orderId, action } = await shop.done(`POST /carts/${cartId}/checkout`, { as: buyer, body });
  await shop.done(`POST /payments/${action.paymentId}/challenge`, { as: buyer, body: { outcome: 'pass' } });
  const [orders, payments] = [`order-${orderId}`, `payment-${action.paymentId}`];
  await recordedAt(orders, 'OrderConfirmed');
  const captured = await recordedAt(payments, 'PaymentCaptured');
  await shop.done(`POST /orders/${orderId}/cancel`, { as: buyer });
  moments.push(
    { status: 'placed', at: await recordedAt(orders, 'OrderPlaced') },
    { status: 'action_required', at: await recordedAt(payments, 'PaymentChallenged') },
    { status: 'confirmed', at: await recordedAt(orders, 'OrderConfirmed') },
    { status: 'confirmed', at: captured },
    { status: 'cancelled', at: await recordedAt(orders, 'OrderCancelled') },
  );
  return orders;
}

/** Waits until the stream has an event of the type. */
async function recordedAt(stream: string, type: string): Promise<string> {
  for (;;) {
    const { body } = await look(`/admin/events?stream=${stream}&type=${type}`);
    if (body.items.length > 0) return body.items[0].metadata.recordedAt;
  }
}

const look = (path: string, headers: Record<string, string> = {}) =>
  shop.call(`GET ${path}`, { as: analyst ?? admin, headers });
const shown = async (path: string): Promise<Json> => {
  const { status, body } = await look(path);
  if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body;
};

describe('an order as it was', () => {
  const expected = () =>
    moments.map(({ status }) => ({
      standing: { status },
      state: { status: status === 'action_required' ? 'placed' : status },
    }));

  it('is right at five moments of its life, over HTTP', async () => {
    const seen = await Promise.all(moments.map(({ at }) => shown(`/admin/streams/${order}?at=${at}`)));
    expect(seen).toMatchObject(expected());
    expect(seen.map(({ events }) => events.length)).toEqual([1, 1, 2, 2, 3]);
    const revisions = await Promise.all([0, 1, 2].map((n) => shown(`/admin/streams/${order}?revision=${n}`)));
    expect(revisions.map(({ state }) => state.status)).toEqual(['placed', 'confirmed', 'cancelled']);
    const before = new Date(Date.parse(moments[0]?.at ?? '') - 1).toISOString();
    expect((await look(`/admin/streams/${order}?at=${before}`)).status).toBe(404);
    expect((await look(`/admin/streams/${order}?revision=3`)).status).toBe(404);
  });

  it('is the same by the command, with what changed in between', async () => {
    const [placed, , , , cancelled] = moments.map(({ at }) => at);
    const seen: Json[] = [];
    for (const { at } of moments) {
      const args = ['state', order, '--at', at, '--diff', placed ?? ''];
      const { stdout } = await runVerb(args, { ...shop.engines.settings, SOUK_MASTER_KEY });
      seen.push(JSON.parse(stdout));
    }
    expect(seen).toMatchObject(expected());
    const last = seen.at(-1);
    const overHttp = await shown(`/admin/streams/${order}?at=${cancelled}&diff=0&limit=2`);
    const { events, nextCursor, diff, ...same } = overHttp;
    const { found, ...changed } = diff;
    expect({ ...same, diff: changed, found }).toEqual({ ...last, found: 2 });
    expect(last.diff).toMatchObject({ from: { revision: 0 }, to: { revision: 2, standing: { status: 'cancelled' } } });
    expect(last.diff.changes).toContainEqual({ path: '/status', before: 'placed', after: 'cancelled' });
    expect(last.diff.events.map(({ type }: Json) => type)).toEqual(['OrderConfirmed', 'OrderCancelled']);
    expect(seen[1].diff).toMatchObject({
      from: { standing: { status: 'placed' } },
      to: { standing: { status: 'action_required' } },
      changes: [],
      events: [],
    });
    const rest = await shown(`/admin/streams/${order}?at=${cancelled}&cursor=${nextCursor}`);
    expect([...events, ...rest.events].map(({ revision }: Json) => revision)).toEqual([0, 1, 2]);
    expect([rest.nextCursor, JSON.stringify(overHttp).includes('High St')]).toEqual([null, false]);
  });

  it('is asked for in words that are understood', async () => {
    for (const query of ['at=yesterday', 'diff=x', 'at=2026-01-01&revision=1', 'cursor=x', 'revision=-1']) {
      expect([query, (await look(`/admin/streams/${order}?${query}`)).status]).toEqual([query, 400]);
    }
    for (const stream of ['order-none', '$all', 'nothing-1']) {
      expect([stream, (await look(`/admin/streams/${stream}`)).status]).toEqual([stream, 404]);
    }
  });
});

describe('the log', () => {
  it('is filtered by stream, actor and time, and read on to its end page by page', async () => {
    const all = (await shown(`/admin/events?stream=${order}`)).items;
    expect(all.map(({ type }: Json) => type)).toEqual(['OrderPlaced', 'OrderConfirmed', 'OrderCancelled']);
    const [, second, third] = all;
    const seen: Json[] = [];
    for (let cursor = ''; ; ) {
      const page = await shown(`/admin/events?stream=${order}&limit=1${cursor}`);
      seen.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen).toEqual(all);
    const { recordedAt } = third.metadata;
    expect((await shown(`/admin/events?stream=${order}&since=${recordedAt}`)).items).toEqual([third]);
    expect((await shown(`/admin/events?category=order&until=${recordedAt}&after=${second.position}`)).items).toEqual(
      [],
    );
    const mine = (await shown(`/admin/events?actor=${third.metadata.actor}&category=order`)).items;
    expect(mine).toContainEqual(third);
    expect(new Set(mine.map(({ metadata }: Json) => metadata.actor)).size).toBe(1);
  });

  it('is followed with a ticket, and taken up again after the last event that was seen', async () => {
    const follow = async (headers: Record<string, string> = {}) => {
      const { ticket } = await shop.done('POST /stream-tickets', { as: analyst, body: {} });
      return watchStream(`${shop.url}/admin/events/stream?category=category&ticket=${ticket}`, headers);
    };
    const feed = await follow();
    const first = await addCategory(shop, admin, 'First');
    const seen = await feed.next();
    expect(seen?.data).toMatchObject({ type: 'CategoryCreated', position: seen?.id, data: { categoryId: first } });
    await feed.cancel();
    const second = await addCategory(shop, admin, 'Second');
    const again = await follow({ 'last-event-id': seen?.id ?? '' });
    expect((await again.next())?.data.data.categoryId).toBe(second);
    const third = await addCategory(shop, admin, 'Third');
    expect((await again.next())?.data.data.categoryId).toBe(third);
    await again.cancel();
    expect((await follow({ 'last-event-id': '00000000-1-0000000000000001' })).status).toBe(400);
  });
});

describe('what ops ask of projections', () => {
  const ask = (path: string, body?: unknown) =>
    shop.call(`POST /admin/${path}`, { as: admin, ...(body === undefined ? {} : { body }) });

  it('is taken, or refused with a sentence', async () => {
    expect(await ask('projections/nothing/rebuild')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const refused = await ask('projections/payments/swap-back');
    expect(refused).toMatchObject({ status: 409, body: { code: 'not_possible', detail: /^Payments has no previous/ } });
    expect((await ask('projections/payments/pause', { why: 1 })).status).toBe(422);
    expect((await ask(`parked/${randomUUID()}/skip`, {})).status).toBe(422);
    expect((await ask(`parked/${randomUUID()}/skip`, { reason: 'gone' })).status).toBe(404);
    expect((await look('/admin/parked?name=payments')).body).toEqual({ items: [], nextCursor: null });
  });

  it('stands in the audit log once it is answered, with who, what and from where', async () => {
    const answer = await ask('projections/payments/rebuild');
    expect(answer).toMatchObject({ status: 202, body: { name: 'payments', wish: 'rebuild' } });
    const wait = { 'souk-wait-for': answer.headers.get('souk-position') ?? '' };
    const { body } = await look('/admin/audit?subject=payments&limit=1', wait);
    const adminId = (await shop.done('GET /users/me', { as: admin })).userId;
    expect(body.items).toMatchObject([
      {
        action: 'projections.rebuild',
        subject: 'payments',
        actor: `user:${adminId}`,
        address: expect.stringMatching(/127\.0\.0\.1$/),
      },
    ]);
    const [entry] = body.items;
    const stored = await shown(`/admin/streams/${entry.stream}`);
    expect(stored.state).toMatchObject({ action: 'projections.rebuild', address: { person: adminId } });
  });
});

describe('the audit log', () => {
  it('has repeated reads once a minute, and each other read', async () => {
    for (let n = 0; n < 5; n++) await shown('/admin/projections');
    const entries = async (query: string) => (await shown(`/admin/audit?actor=${analyst.userId}&${query}`)).items;
    let reads: Json[] = [];
    while (reads.length === 0)
      reads = (await entries('limit=100')).filter(({ action }: Json) => action === 'projections.read');
    // The minute of the clock may have turned in between.
    expect(reads.length).toBeLessThan(3);
    const looked = await entries(`subject=${order}&limit=100`);
    expect(looked.map(({ action }: Json) => action)).toContain('streams.read');
    expect(looked.map(({ detail }: Json) => detail)).toContainEqual({ at: moments[0]?.at });
  });

  it('has deeds of staff with their subject, newest first, page by page and by time', async () => {
    const granted = await shown(`/admin/audit?subject=${analyst.userId}`);
    expect(granted.items).toMatchObject([
      { action: 'roles.grant', subject: `user-${analyst.userId}`, detail: { role: 'analyst' }, address: null },
    ]);
    const [grant] = granted.items;
    const upTo = new Date(Date.parse(grant.occurredAt) + 1).toISOString();
    const seen: Json[] = [];
    for (let cursor = ''; ; ) {
      const page = await shown(`/admin/audit?limit=2&to=${upTo}${cursor}`);
      seen.push(...page.items);
      if (page.nextCursor === null) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(seen[0]).toEqual(grant);
    expect(seen.map(({ occurredAt }) => occurredAt)).toEqual(
      seen
        .map(({ occurredAt }) => occurredAt)
        .sort()
        .reverse(),
    );
    expect((await shown(`/admin/audit?from=${upTo}&subject=${analyst.userId}`)).items).toEqual([]);
  });
});
