/** A shop on a real log with the sandbox gateway, its webhooks brought to it, and process runners on demand. */

import { isRejection } from '../../../domain/rejection.ts';
import { newId } from '../../../platform/ids.ts';
import { createLogger } from '../../../platform/logging/logger.ts';
import { type LedgerLine, sandboxLedger } from '../../../platform/payments/sandbox/ledger.ts';
import { createSandboxGateway } from '../../../platform/payments/sandbox/sandbox-gateway.ts';
import { type DeliverWebhook, deliverWebhooks } from '../../../platform/payments/sandbox/webhook-deliveries.ts';
import { receiveWebhook } from '../../payments/receive-webhook.ts';
import { createProcessRunner, type ProcessRunner } from '../../processes/runner.ts';
import type { Shop } from '../../shop.ts';
import { createTestShop, type TestShop } from '../../testing/test-shop.ts';
import { checkoutProcess } from '../checkout.process.ts';

export type PaidShop = {
  readonly test: TestShop;
  readonly shop: Shop;
  /** Starts a runner as a process would; stopped with the shop. */
  startRunner(delayMs?: number): Promise<ProcessRunner>;
  /** What the gateway knows of a payment; undefined: never heard of it. */
  ledger(paymentId: string): Promise<LedgerLine | undefined>;
  /** Ids of the webhooks that were taken, in order. */
  readonly taken: string[];
  stop(): Promise<void>;
};

const SECRET = Buffer.from('the secret of the sandbox in tests').toString('base64');
const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

/** `overrides` replace parts of the shop, such as the deadline. */
export async function createPaidShop(overrides: Partial<Shop> = {}): Promise<PaidShop> {
  const test = await createTestShop();
  const { database } = test;
  const sandbox = await createSandboxGateway({ database, webhookSecret: SECRET, timeoutMs: 400 });
  const shop: Shop = { ...test.shop, gateways: { sandbox }, ...overrides };
  const stopping = new AbortController();
  const taken: string[] = [];
  const deliver: DeliverWebhook = async ({ headers, body }) => {
    const request = { gateway: 'sandbox', headers: { ...headers }, rawBody: Buffer.from(body) };
    const received = await receiveWebhook(shop, request, { correlationId: newId() });
    if (isRejection(received)) throw new Error(received.code);
    taken.push(headers['webhook-id']);
  };
  const onError = () => undefined;
  const delivering = deliverWebhooks({ database, webhookSecret: SECRET, deliver, signal: stopping.signal, onError });
  const runners: ProcessRunner[] = [];
  return {
    test,
    shop,
    taken,
    async startRunner(delayMs = 200) {
      const { store } = test;
      const timing = { delayMs, pollMs: 50, backoffMs: { first: 100, longest: 500 } };
      const runner = await createProcessRunner({
        processes: [checkoutProcess(shop)],
        database,
        store,
        logger,
        ...timing,
      });
      runners.push(runner);
      return runner;
    },
    ledger: async (paymentId) => (await sandboxLedger(database)).find((line) => line.paymentId === paymentId),
    async stop() {
      stopping.abort();
      await delivering;
      await Promise.all(runners.map((runner) => runner.stop()));
      await shop.background.drain();
      await test.stop();
    },
  };
}
