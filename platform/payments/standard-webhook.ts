/** Signs and verifies webhooks as Standard Webhooks (standardwebhooks.com, 1.0) has it. */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a webhook's time may be from ours, before or after: older ones may be replays. */
export const WEBHOOK_TOLERANCE_MS = 5 * 60_000;

export type WebhookHeaders = {
  readonly 'webhook-id': string;
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
};

/** Headers for one delivery. `now` in milliseconds since 1970. */
export function signWebhook(id: string, body: string, options: { secret: string; now: number }): WebhookHeaders {
  const timestamp = String(Math.floor(options.now / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature(`${id}.${timestamp}.${body}`, options.secret).toString('base64')}`,
  };
}

/**
 * Whether a webhook was signed with our secret, over exactly these bytes, within the tolerance. A header may list several
 * signatures, separated by spaces, while a secret is rotated. `now` in milliseconds since 1970.
 */
export function verifyWebhook(
  headers: Readonly<Record<string, string | undefined>>,
  rawBody: Buffer,
  options: { readonly secret: string; readonly now: number },
): boolean {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) return false;
  if (Math.abs(options.now - Number(timestamp) * 1000) > WEBHOOK_TOLERANCE_MS) return false;
  const expected = signature(Buffer.concat([Buffer.from(`${id}.${timestamp}.`), rawBody]), options.secret);
  return signatures.split(' ').some((given) => given.startsWith('v1,') && matches(given.slice(3), expected));
}

/** The secret's text is base64 with or without the standard's `whsec_` before it. */
function signature(content: string | Buffer, secret: string): Buffer {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(content).digest();
}

function matches(given: string, expected: Buffer): boolean {
  const bytes = Buffer.from(given, 'base64');
  // Constant time: a comparison that ends at the first wrong byte lets a sender find the signature byte by byte.
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
