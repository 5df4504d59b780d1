/** A shop on a real log for tests of use cases: its own database, a clock that can be put forward, deaths on demand. */
import { randomBytes } from 'node:crypto';
import type { EventStore } from '../../event-store/port.ts';
import { newId } from '../../platform/ids.ts';
import { createPostgresKeyStore } from '../../platform/keys/postgres-key-store.ts';
import { createLogger } from '../../platform/logging/logger.ts';
import { createSandboxGateway } from '../../platform/payments/sandbox/sandbox-gateway.ts';
import type { Database } from '../../platform/postgres/database.ts';
import { openShopEngines } from '../../test/support/shop-engines.ts';
import { createBackground } from '../processes/background.ts';
import { createCommandRuntime } from '../runtime/runtime.ts';
import type { CommandContext, CommandRuntime } from '../runtime/types.ts';
import type { Shop } from '../shop.ts';

export type TestShop = {
  readonly shop: Shop;
  readonly store: EventStore;
  readonly database: Database;
  /** The same shop in a process that dies instead of running a command of this type. */
  dyingBefore(commandType: string): Shop;
  /** Puts the clock forward. */
  pass(seconds: number): void;
  /** A new command, asked for now. */
  context(actor?: string): CommandContext;
  /** Types of a stream's events, in order. */
  typesOf(stream: string): Promise<readonly string[]>;
  stop(): Promise<void>;
};

export async function createTestShop(): Promise<TestShop> {
  const engines = await openShopEngines();
  const { database } = engines;
  const logger = createLogger({ name: 'test', level: 'silent' });
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  const keys = await createPostgresKeyStore({ database, masterKey: randomBytes(32) });
  const store = await engines.openLog(logger);
  const runtime = createCommandRuntime({ store, keys, logger, clock });
  const background = createBackground({ onError: () => undefined });
  const sandbox = await createSandboxGateway({ database, webhookSecret: randomBytes(24).toString('base64') });
  const shop: Shop = {
    runtime,
    keys,
    now: () => clock().toISOString(),
    pricing: { shipping: { id: 'standard', name: 'Standard', amount: 500 }, taxBasisPoints: { US: 800 } },
    checkoutDeadlineS: 900,
    gateways: { sandbox },
    gatewayOf: { card: 'sandbox' },
    background,
  };
  return {
    shop,
    store,
    database,
    dyingBefore: (commandType) => ({ ...shop, runtime: dying(runtime, commandType) }),
    pass(seconds) {
      ahead += seconds * 1_000;
    },
    context(actor = 'user:test') {
      const commandId = newId();
      return { commandId, issuedAt: shop.now(), actor, correlationId: commandId };
    },
    async typesOf(stream) {
      return (await store.read(stream)).map(({ type }) => type);
    },
    async stop() {
      await background.drain();
      await runtime.close();
      await store.close();
      await engines.close();
    },
  };
}

/** What a killed process did last. */
export class Killed extends Error {}

function dying(runtime: CommandRuntime, commandType: string): CommandRuntime {
  return {
    ...runtime,
    async handle(decider, id, command, context, options) {
      if ((command as { readonly type?: unknown }).type === commandType) throw new Killed(commandType);
      return runtime.handle(decider, id, command, context, options);
    },
  };
}
