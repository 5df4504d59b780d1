/** Sends the webhooks the sandbox owes, until each was taken: a crash of either side loses none. */
import type { Database } from '../../postgres/database.ts';
import { pause } from '../../process/pause.ts';
import { signWebhook, type WebhookHeaders } from '../standard-webhook.ts';

/** Brings one webhook to its receiver; throws unless it was taken (2xx). */
export type DeliverWebhook = (delivery: { readonly headers: WebhookHeaders; readonly body: string }) => Promise<void>;

export type DeliveryOptions = {
  readonly database: Database;
  readonly webhookSecret: string;
  readonly deliver: DeliverWebhook;
  readonly signal: AbortSignal;
  /** Told of every delivery that failed; it is tried again. */
  readonly onError: (error: unknown, messageId: string) => void;
};

type Due = { readonly id: number; readonly message_id: string; readonly body: string };

/** Webhooks sent at once. */
const BATCH = 20;
const POLL_MS = 200;

/** Delivers until the signal aborts. Throws when the database is away: run it supervised. */
export async function deliverWebhooks(options: DeliveryOptions): Promise<void> {
  while (!options.signal.aborted) {
    const due = await claim(options.database);
    await Promise.all(due.map((webhook) => deliverOne(options, webhook)));
    if (due.length < BATCH) await pause(POLL_MS, options.signal);
  }
}

/** A `deliver` that posts to a URL, giving it ten seconds to answer. */
export function postTo(url: string): DeliverWebhook {
  return async ({ headers, body }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`${url} answered ${response.status} to a webhook`);
  };
}

// Claiming moves the row to its next try: a sender that dies in between is followed by another one after the pause.
// Standard Webhooks asks for growing pauses and an end; here from 1 s to 5 minutes, and an end after three days.
const CLAIM = `
  with forgotten as (delete from sandbox.webhooks where created_at < now() - interval '3 days')
  update sandbox.webhooks w
  set attempts = w.attempts + 1, due_at = now() + least(power(2, least(w.attempts, 10)), 300) * interval '1 second'
  from (select id from sandbox.webhooks where due_at <= now() order by due_at limit ${BATCH} for update skip locked) due
  where w.id = due.id
  returning w.id, w.message_id, w.body`;

async function claim(database: Database): Promise<readonly Due[]> {
  const { rows } = await database.pool.query<Due>(CLAIM);
  return rows;
}

async function deliverOne(options: DeliveryOptions, { id, message_id, body }: Due): Promise<void> {
  const headers = signWebhook(message_id, body, { secret: options.webhookSecret, now: Date.now() });
  try {
    await options.deliver({ headers, body });
  } catch (error) {
    options.onError(error, message_id);
    return;
  }
  await options.database.pool.query('delete from sandbox.webhooks where id = $1', [id]);
}
