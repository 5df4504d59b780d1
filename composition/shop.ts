/** The deciding half of a process: the shop that use cases work with, its state kept fresh by the process's tail. */
import { createBackground } from '../commands/processes/background.ts';
import { createCommandRuntime, type RunningRuntime } from '../commands/runtime/runtime.ts';
import { createPostgresSnapshots } from '../commands/runtime/snapshots.ts';
import type { Shop } from '../commands/shop.ts';
import { createTail, type Tail } from '../event-store/tail.ts';
import { sandboxWebhookSecret } from '../platform/config/master-key.ts';
import type { PaymentGateway } from '../platform/payments/gateway.ts';
import { createSandboxGateway } from '../platform/payments/sandbox/sandbox-gateway.ts';
import type { Engines } from './engines.ts';

export type RunningShop = {
  readonly shop: Shop;
  readonly runtime: RunningRuntime;
  readonly tail: Tail;
  /** Waits for work after answers and commands under way; call it when no more come. */
  close(): Promise<void>;
};

/** Puts the shop of this process together. */
export async function createShop(engines: Engines): Promise<RunningShop> {
  const { config, database, keys, logger, store } = engines;
  const identity = await store.identity();
  const snapshots = await createPostgresSnapshots({ database, identity, logger });
  const tail = createTail({ store, logger });
  const runtime = createCommandRuntime({
    store,
    keys,
    logger,
    snapshots,
    tail: { lagMs: () => tail.lagSeconds() * 1_000 },
  });
  tail.onEvents((events) => runtime.feed(events));
  // What is cached before the tail follows would miss what happens until it does.
  await tail.ready;
  const gateways = await openGateways(engines);
  const background = createBackground({
    onError: (err, what) => logger.warn({ err }, `${what} failed; it is picked up from the log`),
  });
  const shop: Shop = {
    runtime,
    keys,
    now: () => new Date().toISOString(),
    pricing: {
      shipping: { id: 'standard', name: 'Standard', amount: config.shippingFlat },
      taxBasisPoints: config.taxBasisPoints,
    },
    checkoutDeadlineS: config.checkoutDeadlineS,
    gateways,
    gatewayOf: gateways.sandbox ? { card: 'sandbox' } : {},
    background,
  };
  return {
    shop,
    runtime,
    tail,
    async close() {
      await background.drain();
      await runtime.close();
      await tail.close();
    },
  };
}

async function openGateways({ config, database, masterKey }: Engines): Promise<Record<string, PaymentGateway>> {
  if (config.payments === 'none') return {};
  return { sandbox: await createSandboxGateway({ database, webhookSecret: sandboxWebhookSecret(masterKey) }) };
}
