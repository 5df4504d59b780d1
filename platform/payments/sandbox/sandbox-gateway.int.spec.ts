/** The sandbox with its tables: what it knows survives, silence is silence, and webhooks get through. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '../../ids.ts';
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts';
import { GatewayUnreachable, type PaymentGateway } from '../gateway.ts';
import { sandboxLedger } from './ledger.ts';
import { createSandboxGateway } from './sandbox-gateway.ts';
import { type DeliverWebhook, deliverWebhooks } from './webhook-deliveries.ts';

let db: TestDatabase;
let gateway: PaymentGateway;
const webhookSecret = Buffer.from('a secret for the sandbox in tests').toString('base64');
const amount = { amount: 500, currency: 'USD' };

beforeAll(async () => {
  db = await createTestDatabase();
  gateway = await createSandboxGateway({ database: db.database, webhookSecret, timeoutMs: 1_000 });
});
afterAll(() => db.drop());

const authorise = (paymentId: string, token = 'tok_visa') =>
  gateway.authorise({ key: `${paymentId}:authorise:1`, paymentId, token, amount });

async function lineOf(paymentId: string) {
  return (await sandboxLedger(db.database)).find((line) => line.paymentId === paymentId);
}

/** Delivers until the condition holds. */
async function deliverUntil(deliver: DeliverWebhook, condition: () => boolean): Promise<void> {
  const stopping = new AbortController();
  const { database } = db;
  const delivering = deliverWebhooks({
    database,
    webhookSecret,
    deliver,
    signal: stopping.signal,
    onError: () => undefined,
  });
  const giveUpAt = Date.now() + 20_000;
  while (!condition() && Date.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
  stopping.abort();
  await delivering;
}

describe('the sandbox gateway', () => {
  it('knows a payment by our reference, also after everything was started again', async () => {
    const paymentId = newId();
    expect(await gateway.find(paymentId)).toBeUndefined();
    await authorise(paymentId);
    const again = await createSandboxGateway({ database: db.database, webhookSecret });
    expect(await again.find(paymentId)).toMatchObject({ paymentId, status: 'authorised', captured: 0 });
  });

  it('authorises and captures once, however often and however much at once it is asked', async () => {
    const paymentId = newId();
    const answers = await Promise.all(Array.from({ length: 8 }, () => authorise(paymentId)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    const key = `${paymentId}:capture:1`;
    await Promise.all(Array.from({ length: 8 }, () => gateway.capture({ key, paymentId, amount })));
    expect(await lineOf(paymentId)).toMatchObject({ charges: 1, captured: 500, held: 0, refunded: 0 });
  });

  it('leaves the first two calls about a flaky card unanswered, though the first had its effect', async () => {
    const paymentId = newId();
    await expect(authorise(paymentId, 'tok_flaky')).rejects.toThrow(GatewayUnreachable);
    expect(await lineOf(paymentId)).toMatchObject({ held: 500 });
    await expect(gateway.find(paymentId)).rejects.toThrow(GatewayUnreachable);
    expect(await gateway.find(paymentId)).toMatchObject({ status: 'authorised' });
    expect(await authorise(paymentId, 'tok_flaky')).toMatchObject({ refused: false });
    expect(await lineOf(paymentId)).toMatchObject({ held: 500, charges: 0 });
  });

  it('shared by two processes takes the money once, whatever each of them remembers', async () => {
    const paymentId = newId();
    const other = await createSandboxGateway({ database: db.database, webhookSecret });
    await authorise(paymentId, 'tok_visa');
    expect(await other.capture({ key: `${paymentId}:capture:1`, paymentId, amount })).toMatchObject({ refused: false });
    expect(await gateway.void({ key: `${paymentId}:void:1`, paymentId, amount })).toMatchObject({ refused: true });
    expect(await gateway.capture({ key: `${paymentId}:capture:1`, paymentId, amount })).toMatchObject({
      refused: false,
    });
    expect(await lineOf(paymentId)).toMatchObject({ charges: 1, captured: 500, held: 0 });
  });

  it('accepts its test cards only', () => {
    expect(gateway.accepts('tok_visa')).toBe(true);
    expect(gateway.accepts('tok_nobody')).toBe(false);
    expect(gateway.accepts('toString')).toBe(false);
  });
});

describe('its webhooks', () => {
  it('are sent again until they are taken, signed so that the gateway itself knows them', async () => {
    const paymentId = newId();
    await authorise(paymentId, 'tok_3ds');
    const seen: string[] = [];
    const taken: unknown[] = [];
    await deliverUntil(
      async ({ headers, body }) => {
        seen.push(headers['webhook-id']);
        if (seen.length === 1) throw new Error('the receiver is away');
        taken.push(gateway.readWebhook({ headers: { ...headers }, rawBody: Buffer.from(body), now: Date.now() }));
      },
      () => taken.length > 0,
    );
    expect(seen).toHaveLength(2);
    expect(new Set(seen).size).toBe(1);
    expect(taken).toMatchObject([{ paymentId, status: 'challenged' }]);
  });

  it('of a duplicate card come three times each, that of the authorisation after that of the capture', async () => {
    const paymentId = newId();
    await authorise(paymentId, 'tok_duplicate');
    await gateway.capture({ key: `${paymentId}:capture:1`, paymentId, amount });
    const statuses: string[] = [];
    await deliverUntil(
      async ({ body }) => void statuses.push((JSON.parse(body) as { data: { status: string } }).data.status),
      () => statuses.length === 6,
    );
    expect(statuses.toSorted()).toEqual([...Array(3).fill('authorised'), ...Array(3).fill('captured')]);
    expect(statuses.lastIndexOf('authorised')).toBeGreaterThan(statuses.indexOf('captured'));
  });

  it('with another signature are not its own', () => {
    const headers = { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,AAAA' };
    expect(gateway.readWebhook({ headers, rawBody: Buffer.from('{}'), now: 1_000 })).toBeUndefined();
  });
});
