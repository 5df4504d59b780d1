/** What works without being asked: processes that carry work over several streams, and the sandbox's webhooks. */
import { expireGuestCartProcess } from '../commands/carts/expire-guest-cart.process.ts';
import { mergeCartProcess } from '../commands/carts/merge-cart.process.ts';
import { openStockProcess } from '../commands/inventory/open-stock.process.ts';
import { checkoutProcess } from '../commands/orders/checkout.process.ts';
import type { ProcessStatus } from '../commands/processes/due-table.ts';
import type { Process } from '../commands/processes/process.ts';
import { createProcessRunner } from '../commands/processes/runner.ts';
import { sellerRoleProcess } from '../commands/sellers/seller-role.process.ts';
import type { Shop } from '../commands/shop.ts';
import { skuClaimProcess } from '../commands/skus/sku-claim.process.ts';
import type { Config } from '../platform/config/config.ts';
import { sandboxWebhookSecret } from '../platform/config/master-key.ts';
import { deliverWebhooks, postTo } from '../platform/payments/sandbox/webhook-deliveries.ts';
import { type Loop, supervise } from '../platform/process/supervise.ts';
import { startChain } from './chain.ts';
import type { Engines } from './engines.ts';

export type Workers = {
  readonly loops: readonly Loop[];
  /** Builds the hash chain of the log. No work waits for it, so a process without it is ready all the same. */
  readonly chain: Loop;
  processes(): Promise<readonly ProcessStatus[]>;
  /** Finishes the runs in hand. */
  stop(): Promise<void>;
};

/** Starts them; `publicUrl` is where the sandbox finds our webhook. */
export async function startWorkers(engines: Engines, shop: Shop, publicUrl: string): Promise<Workers> {
  const { config, database, logger, store } = engines;
  const stopping = new AbortController();
  const runner = await createProcessRunner({ processes: processesOf(shop, config), database, store, logger });
  const webhooks = shop.gateways.sandbox ? [startWebhooks(engines, publicUrl, stopping.signal)] : [];
  const chain = await startChain(engines, stopping.signal);
  return {
    loops: [...runner.loops, ...webhooks],
    chain,
    processes: () => runner.status(),
    async stop() {
      stopping.abort();
      await Promise.all([runner.stop(), ...[...webhooks, chain].map((loop) => loop.done)]);
    },
  };
}

/** Every process of the shop; docs/architecture.md lists the flows they complete. */
function processesOf(shop: Shop, { guestCartDays }: Config): Process[] {
  return [
    checkoutProcess(shop),
    expireGuestCartProcess(shop, guestCartDays),
    mergeCartProcess(shop),
    openStockProcess(shop),
    sellerRoleProcess(shop),
    skuClaimProcess(shop),
  ];
}

function startWebhooks({ database, logger, masterKey }: Engines, publicUrl: string, signal: AbortSignal): Loop {
  const deliver = postTo(`${publicUrl}/webhooks/payments/sandbox`);
  const webhookSecret = sandboxWebhookSecret(masterKey);
  const onError = (err: unknown, messageId: string) =>
    logger.warn({ err, messageId }, 'a webhook of the sandbox was not taken; it is sent again');
  return supervise({
    name: 'sandbox-webhooks',
    run: (signal) => deliverWebhooks({ database, webhookSecret, deliver, signal, onError }),
    logger,
    signal,
  });
}
