/** A payment gateway of our own for development, tests and demos: remote in manner, with its state in its own tables. */
import { type Database, migrate } from '../../postgres/database.ts';
import {
  type GatewayAnswer,
  type GatewayPayment,
  GatewayUnreachable,
  type PaymentGateway,
  type WebhookRequest,
} from '../gateway.ts';
import { verifyWebhook } from '../standard-webhook.ts';
import { sandboxCard } from './cards.ts';
import { sandboxMigrations } from './migrations.ts';
import { operate, type SandboxOperation, type SandboxPayment, settle, show } from './payment.ts';
import { type QueuedWebhook, readPayment, savePayment, type Versioned } from './store.ts';

export type SandboxOptions = {
  readonly database: Database;
  /** Signs the webhooks: base64, with or without `whsec_`. */
  readonly webhookSecret: string;
  /** How long a caller waits for an answer (1,000 ms): longer than the slowest real one, short enough for a buyer. */
  readonly timeoutMs?: number;
  /** Milliseconds since 1970 (the system's clock). */
  readonly now?: () => number;
};

type Call = { readonly key: string; readonly paymentId: string };

/** No answer is ever given to this call, whatever it did. */
const SILENCE = Symbol('silence');

/** Makes the tables where they are missing and opens the gateway. */
export async function createSandboxGateway(given: SandboxOptions): Promise<PaymentGateway> {
  await migrate(given.database, 'sandbox', sandboxMigrations);
  const options = { ...given, lately: writtenLately() };
  const run = (call: Call, operation: SandboxOperation) =>
    answered(options, operation.kind, () => change(options, call, operation));
  return {
    name: 'sandbox',
    accepts: (token) => sandboxCard(token) !== undefined,
    authorise: ({ token, amount, ...call }) => run(call, { kind: 'authorise', token, amount }),
    capture: ({ amount, ...call }) => run(call, { kind: 'capture', amount }),
    void: ({ amount, ...call }) => run(call, { kind: 'void', amount }),
    refund: ({ refundId, amount, ...call }) => run(call, { kind: 'refund', refundId, amount }),
    answerChallenge: (paymentId, outcome) =>
      run({ key: `${paymentId}:challenge:${outcome}`, paymentId }, { kind: 'challenge', outcome }),
    find: (paymentId) => answered(options, 'find', () => find(options, paymentId)),
    readWebhook: (request) => readWebhook(request, options.webhookSecret),
  };
}

type Remembering = SandboxOptions & { readonly lately: ReturnType<typeof writtenLately> };

const REMEMBERED = 1_000;

/** Payments as this process wrote them last, the newest of them. */
function writtenLately() {
  const kept = new Map<string, Versioned>();
  return {
    get: (paymentId: string) => kept.get(paymentId),
    forget: (paymentId: string) => kept.delete(paymentId),
    set(stored: Versioned) {
      kept.set(stored.payment.paymentId, stored);
      const [oldest] = kept.keys();
      if (kept.size > REMEMBERED && oldest !== undefined) kept.delete(oldest);
    },
  };
}

async function change(
  options: Remembering,
  call: Call,
  operation: SandboxOperation,
): Promise<GatewayAnswer | typeof SILENCE> {
  const { database, lately } = options;
  // What was written here last is mostly still so, and an authorisation mostly the first that is heard of a payment:
  // try the write before any reading, its version tells whether that was right.
  let stored = lately.get(call.paymentId);
  if (!stored && operation.kind !== 'authorise') stored = await readPayment(database, call.paymentId);
  for (;;) {
    const now = (options.now ?? Date.now)();
    const before = stored?.payment;
    if (before && before.unanswered > 0) {
      const payment = { ...before, unanswered: before.unanswered - 1 };
      if (await savePayment(options.database, { payment, version: stored?.version ?? 0 }, [])) return SILENCE;
    } else {
      const { payment, answer } = operate(before, operation, { ...call, now });
      const silent = payment.unanswered > 0;
      const counted = silent ? { ...payment, unanswered: payment.unanswered - 1 } : payment;
      const webhooks = webhooksOf(before, payment, now);
      const saved = await savePayment(options.database, { payment: counted, version: stored?.version ?? 0 }, webhooks);
      if (saved && !silent) lately.set({ payment: counted, version: (stored?.version ?? 0) + 1 });
      if (saved) return silent ? SILENCE : answer;
    }
    lately.forget(call.paymentId);
    stored = await readPayment(database, call.paymentId);
  }
}

async function find(options: SandboxOptions, paymentId: string): Promise<GatewayPayment | undefined | typeof SILENCE> {
  const stored = await readPayment(options.database, paymentId);
  if (!stored) return undefined;
  if (stored.payment.unanswered === 0) return show(settle(stored.payment, (options.now ?? Date.now)()));
  const payment = { ...stored.payment, unanswered: stored.payment.unanswered - 1 };
  if (await savePayment(options.database, { payment, version: stored.version }, [])) return SILENCE;
  return find(options, paymentId);
}

/** What a change has the sandbox announce: nothing, for cards whose answers say it all. */
function webhooksOf(before: SandboxPayment | undefined, after: SandboxPayment, now: number): QueuedWebhook[] {
  const delays = sandboxCard(after.token)?.webhooks;
  if (!delays || before?.status === after.status) return [];
  const told = settle(after, after.settlesAt ?? now);
  const wait = after.settlesAt === null ? 0 : after.settlesAt - now;
  const body = JSON.stringify({
    type: `payment.${told.status}`,
    timestamp: new Date(now + wait).toISOString(),
    data: show(told),
  });
  const messageId = `msg_${after.paymentId.replaceAll('-', '')}_${told.status}`;
  return delays.map((delay) => ({ messageId, body, delayMs: wait + delay }));
}

function readWebhook({ headers, rawBody, now }: WebhookRequest, secret: string): GatewayPayment | undefined {
  if (!verifyWebhook(headers, rawBody, { secret, now })) return undefined;
  // Signed with our secret, hence written by `webhooksOf`.
  return (JSON.parse(rawBody.toString('utf8')) as { data: GatewayPayment }).data;
}

/** The caller's side of the wire: an answer in time, or `GatewayUnreachable`. */
async function answered<T>(
  options: SandboxOptions,
  operation: string,
  call: () => Promise<T | typeof SILENCE>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<typeof SILENCE>((resolve) => {
    timer = setTimeout(() => resolve(SILENCE), options.timeoutMs ?? 1_000);
  });
  const given = async (): Promise<T | typeof SILENCE> => {
    const answer = await call();
    // Who gets no answer waits as long as anybody would.
    return answer === SILENCE ? timeout : answer;
  };
  try {
    const answer = await Promise.race([given(), timeout]);
    if (answer === SILENCE) throw new GatewayUnreachable('sandbox', operation);
    return answer as T;
  } finally {
    clearTimeout(timer);
  }
}
