/** A market in memory where everything that can go wrong does: crashes, lost answers, late webhooks, slow calls. */
import { isRejection } from '../../../domain/rejection.ts';
import type { StoredEvent } from '../../../event-store/port.ts';
import type { KeyStore } from '../../../platform/keys/key-store.ts';
import { createLogger } from '../../../platform/logging/logger.ts';
import {
  type GatewayAnswer,
  type GatewayPayment,
  GatewayUnreachable,
  type PaymentGateway,
} from '../../../platform/payments/gateway.ts';
import { sandboxCard } from '../../../platform/payments/sandbox/cards.ts';
import {
  operate,
  type SandboxOperation,
  type SandboxPayment,
  settle,
  show,
} from '../../../platform/payments/sandbox/payment.ts';
import { createBackground } from '../../processes/background.ts';
import { createCommandRuntime } from '../../runtime/runtime.ts';
import type { Shop } from '../../shop.ts';
import { createMemoryEventStore } from '../../testing/memory-event-store.ts';

/** Where a run dies: at its n-th call to the outside, before or after that has its effect. */
export type Death = { readonly call: number; readonly after: boolean };

/** What a killed run throws. */
export class Killed extends Error {}

export type World = {
  readonly shop: Shop;
  /** The same shop in a process that dies there; without a death it lives. */
  mortal(death: Death | undefined): Shop;
  pass(ms: number): void;
  /** What the gateway knows. */
  readonly payments: Map<string, SandboxPayment>;
  /** Webhooks that are under way. */
  readonly webhooks: GatewayPayment[];
  /** Stops losing answers. */
  calm(): void;
  events(): Promise<readonly StoredEvent[]>;
};

/** `chance` is drawn for every call: 0 to 1, below which it is slow, or its answer is lost. */
export function createWorld(chance: () => number): World {
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  let rough = true;
  const store = createMemoryEventStore();
  const runtime = createCommandRuntime({ store, keys, logger, clock: () => new Date(now++), limits: { memory: 3 } });
  const payments = new Map<string, SandboxPayment>();
  const webhooks: GatewayPayment[] = [];
  const stumble = async () => {
    // Now and then a call hangs until long after everybody else is done.
    const slowest = chance() < 0.02 ? 300 : 4;
    for (let turns = Math.floor(chance() * slowest); turns > 0; turns--) await new Promise(setImmediate);
  };

  const call = async (key: string, paymentId: string, operation: SandboxOperation): Promise<GatewayAnswer> => {
    await stumble();
    const lost = rough ? chance() : 1;
    if (lost < 0.1) throw new GatewayUnreachable('sandbox', operation.kind);
    const before = payments.get(paymentId);
    const { payment, answer } = operate(before, operation, { key, paymentId, now });
    payments.set(paymentId, { ...payment, unanswered: 0 });
    if (before?.status !== payment.status) webhooks.push(show(payment));
    await stumble();
    if (lost < 0.2) throw new GatewayUnreachable('sandbox', operation.kind);
    return answer;
  };
  const sandbox: PaymentGateway = {
    name: 'sandbox',
    accepts: (token) => sandboxCard(token) !== undefined,
    authorise: ({ key, paymentId, ...rest }) => call(key, paymentId, { kind: 'authorise', ...rest }),
    capture: ({ key, paymentId, ...rest }) => call(key, paymentId, { kind: 'capture', ...rest }),
    void: ({ key, paymentId, ...rest }) => call(key, paymentId, { kind: 'void', ...rest }),
    refund: ({ key, paymentId, ...rest }) => call(key, paymentId, { kind: 'refund', ...rest }),
    answerChallenge: (paymentId, outcome) =>
      call(`${paymentId}:challenge:${outcome}`, paymentId, { kind: 'challenge', outcome }),
    async find(paymentId) {
      await stumble();
      if (rough && chance() < 0.1) throw new GatewayUnreachable('sandbox', 'find');
      const payment = payments.get(paymentId);
      return payment && show(settle(payment, now));
    },
    readWebhook: ({ rawBody }) => JSON.parse(rawBody.toString()) as GatewayPayment,
  };
  const shop: Shop = {
    runtime: {
      async handle(...args) {
        await stumble();
        return runtime.handle(...args);
      },
      async load(...args) {
        await stumble();
        return runtime.load(...args);
      },
    },
    keys,
    now: () => new Date(now++).toISOString(),
    pricing: { shipping: { id: 'standard', name: 'Standard', amount: 500 }, taxBasisPoints: { US: 825 } },
    checkoutDeadlineS: 900,
    gateways: { sandbox },
    gatewayOf: { card: 'sandbox' },
    background: createBackground({ onError: () => undefined }),
  };
  return {
    shop,
    mortal: (death) => (death ? mortalShop(shop, sandbox, death) : shop),
    pass(ms) {
      now += ms;
    },
    payments,
    webhooks,
    calm() {
      rough = false;
    },
    events: async () => (await store.readAll({ after: null, limit: 100_000 })).events,
  };
}

/** Counts commands and gateway calls; from its death on nothing gets out any more. */
function mortalShop(shop: Shop, gateway: PaymentGateway, death: Death): Shop {
  let calls = 0;
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    if (calls > death.call || (calls === death.call && !death.after)) throw new Killed();
    const result = await work();
    if (calls >= death.call) throw new Killed();
    return result;
  };
  return {
    ...shop,
    runtime: {
      handle: (decider, id, command, context, options) =>
        live(() => shop.runtime.handle(decider, id, command, context, options)),
      load: (decider, id, options) => shop.runtime.load(decider, id, options),
    },
    gateways: {
      sandbox: {
        ...gateway,
        authorise: (call) => live(() => gateway.authorise(call)),
        capture: (call) => live(() => gateway.capture(call)),
        void: (call) => live(() => gateway.void(call)),
        refund: (call) => live(() => gateway.refund(call)),
      },
    },
  };
}

const logger = createLogger({ name: 'test', level: 'silent', format: 'json' });

/** Keys that hide nothing. */
const keys: KeyStore = {
  seal: async (person, plain) => ({ $sealed: JSON.stringify(plain), person }),
  open: async ({ $sealed }) => JSON.parse($sealed) as unknown,
  openAll: async (data) => data,
  digest: (purpose, text) => `${purpose}:${text}`,
};

/** The result of something that may be refused or killed. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await work();
    return isRejection(result) ? undefined : result;
  } catch (error) {
    if (error instanceof Killed || error instanceof GatewayUnreachable) return undefined;
    throw error;
  }
}
