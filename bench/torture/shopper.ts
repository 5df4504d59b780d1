/** A shopper who buys, and asks again with the same key for as long as the shop is down. What it was told it writes down. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../platform/testing/random.ts';

/** What a client was told of an order, the last word only. */
export type Journal = {
  readonly orders: Map<string, { status: string; reason?: string }>;
  /** Answers by kind, for the report. */
  readonly counts: Map<string, number>;
  /** Requests that got no answer and were sent again. */
  resent: number;
};

export type ShopperOptions = {
  readonly url: string;
  readonly random: Random;
  readonly variants: readonly string[];
  readonly journal: Journal;
  /** No new order is begun after it aborts. */
  readonly signal: AbortSignal;
};

const CARDS = [
  'tok_visa',
  'tok_visa',
  'tok_mastercard',
  'tok_declined',
  'tok_insufficient_funds',
  'tok_expired',
  'tok_3ds',
  'tok_3ds',
  'tok_slow',
  'tok_flaky',
  'tok_duplicate',
] as const;

type OrderAnswer = { orderId: string; status: string; reason?: { code: string }; action?: { paymentId: string } };
type Answer = { readonly status: number; readonly body: unknown };

/** Shops until the signal aborts. Throws on an answer that no shop should give. */
export async function shopUntilStopped(options: ShopperOptions): Promise<void> {
  while (!options.signal.aborted) await buyOnce(options);
}

async function buyOnce(options: ShopperOptions): Promise<void> {
  const { random, journal, variants } = options;
  const cart = await send(options, 'POST', '/carts', {});
  const { cartId, cartToken } = cart.body as { cartId: string; cartToken: string };
  const token = { 'Souk-Cart-Token': cartToken };
  for (let line = 0; line <= random.below(3); line++) {
    const item = { variantId: random.pick(variants), quantity: 1 + random.below(3) };
    expectStatus(await send(options, 'POST', `/carts/${cartId}/items`, item, token), [200]);
  }
  const card = random.pick(CARDS);
  const answer = await send(options, 'POST', `/carts/${cartId}/checkout`, order(card), { ...token, Prefer: 'wait=5' });
  expectStatus(answer, [201, 202, 409]);
  if (answer.status === 409) {
    count(journal, (answer.body as { code: string }).code);
    return;
  }
  const told = answer.body as OrderAnswer;
  note(journal, told);
  count(journal, `${card} ${told.status}${told.reason ? ` ${told.reason.code}` : ''}`);
  await afterwards(options, told, token);
}

/** Answers a challenge or walks away from it; changes its mind now and then. */
async function afterwards(options: ShopperOptions, told: OrderAnswer, token: Record<string, string>): Promise<void> {
  const { random, journal } = options;
  if (told.action && random.next() < 0.7) {
    const outcome = random.next() < 0.6 ? 'pass' : 'fail';
    const path = `/payments/${told.action.paymentId}/challenge`;
    const answer = await send(options, 'POST', path, { outcome }, token);
    expectStatus(answer, [200, 409]);
    count(journal, `challenge ${outcome} ${answer.status}`);
  }
  if (random.next() < 0.1) {
    const answer = await send(options, 'POST', `/orders/${told.orderId}/cancel`, {}, token);
    expectStatus(answer, [200, 409]);
    count(journal, `cancel ${answer.status}`);
    if (answer.status === 200) note(journal, { orderId: told.orderId, status: 'cancelled' });
  }
}

function order(card: string) {
  return {
    email: 'shopper@example.com',
    shippingAddress: {
      name: 'A Shopper',
      line1: '1 High Street',
      city: 'Springfield',
      postalCode: '12345',
      country: 'US',
    },
    payment: { method: 'card', token: card },
  };
}

/** Sends until there is an answer: the same key makes that one request, however often it arrives. */
async function send(
  options: ShopperOptions,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const key = randomUUID();
  for (;;) {
    const answer = await once(options.url + path, method, body, { ...headers, 'Idempotency-Key': key });
    if (answer && answer.status < 500 && !isInProgress(answer)) return answer;
    options.journal.resent++;
    await sleep(150);
  }
}

async function once(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return undefined; // No answer, or half of one: the shop was killed. The caller asks again.
  }
}

function isInProgress(answer: Answer): boolean {
  return answer.status === 409 && (answer.body as { code?: string }).code === 'in_progress';
}

function expectStatus(answer: Answer, allowed: readonly number[]): void {
  if (!allowed.includes(answer.status)) {
    throw new Error(`unexpected answer ${answer.status}: ${JSON.stringify(answer.body)}`);
  }
}

function note(journal: Journal, told: OrderAnswer): void {
  journal.orders.set(told.orderId, { status: told.status, ...(told.reason ? { reason: told.reason.code } : {}) });
}

function count(journal: Journal, what: string): void {
  journal.counts.set(what, (journal.counts.get(what) ?? 0) + 1);
}
