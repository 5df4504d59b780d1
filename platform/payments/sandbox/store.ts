/** Keeps the sandbox's payments and the webhooks it still owes, each change with its webhooks in one statement. */
import type { Database } from '../../postgres/database.ts';
import type { SandboxPayment } from './payment.ts';

export type Versioned = { readonly payment: SandboxPayment; readonly version: number };

/** A webhook to send: the same `messageId` is the same message, however often it is sent. */
export type QueuedWebhook = { readonly messageId: string; readonly body: string; readonly delayMs: number };

const READ = 'select payment, version from sandbox.payments where payment_id = $1';

/** One payment; undefined where there is none. */
export async function readPayment(database: Database, paymentId: string): Promise<Versioned | undefined> {
  const { rows } = await database.pool.query<Versioned>(READ, [paymentId]);
  return rows[0];
}

// Insert and compare-and-set on the version: of two calls at once one repeats itself on what the other made.
const INSERTED = `insert into sandbox.payments (payment_id, version, payment) values ($1, $2::integer + 1, $3)
    on conflict do nothing returning payment_id`;
const UPDATED = `update sandbox.payments set version = version + 1, payment = $3
    where payment_id = $1 and version = $2::integer returning payment_id`;

const save = (write: string) => `
  with saved as (${write}),
  queued as (
    insert into sandbox.webhooks (message_id, body, due_at)
    select w.message_id, w.body, now() + w.delay_ms * interval '1 millisecond'
    from saved, unnest($4::text[], $5::text[], $6::integer[]) as w (message_id, body, delay_ms)
  )
  select payment_id from saved`;

/** Writes a payment on the version it was read at (0: it was not there); false where somebody was faster. */
export async function savePayment(
  database: Database,
  { payment, version }: Versioned,
  webhooks: readonly QueuedWebhook[],
): Promise<boolean> {
  const { rowCount } = await database.pool.query(save(version === 0 ? INSERTED : UPDATED), [
    payment.paymentId,
    version,
    JSON.stringify(payment),
    webhooks.map((webhook) => webhook.messageId),
    webhooks.map((webhook) => webhook.body),
    webhooks.map((webhook) => webhook.delayMs),
  ]);
  return rowCount === 1;
}
