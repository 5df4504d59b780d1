/** What can happen to a payment. An intent stands in the log before every call to the gateway. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { moneySchema } from '../money.ts';
import { paymentMethodSchema } from '../orders/events.ts';
import { personal } from '../sealed.ts';
import { line, text } from '../text.ts';

const payment = { paymentId: idSchema, orderId: idSchema };
/** Rises only after an appended, definite failure; part of the gateway's idempotency key. */
const attempt = z.number().int().min(1);
/** What the gateway calls it. */
const reference = text(200, 1);
/** Why the gateway said no, in its words. */
const failure = z.strictObject({ code: line(100), detail: text(500) });
export type Failure = z.output<typeof failure>;
const refundId = idSchema;

/** Stream `payment-{paymentId}`. */
export const paymentEvents = defineEvents({
  /** Intent to authorise. */
  PaymentRequested: {
    version: 1,
    schema: z.strictObject({
      ...payment,
      method: paymentMethodSchema,
      gateway: line(50),
      amount: moneySchema,
      token: personal(z.string()),
    }),
  },
  PaymentChallenged: {
    version: 1,
    schema: z.strictObject({ ...payment, reference, url: z.string().max(2_000).nullable() }),
  },
  PaymentAuthorised: { version: 1, schema: z.strictObject({ ...payment, reference }) },
  PaymentDeclined: { version: 1, schema: z.strictObject({ ...payment, reason: failure, challenged: z.boolean() }) },
  /** Intent to capture. */
  CaptureRequested: { version: 1, schema: z.strictObject({ ...payment, attempt, amount: moneySchema }) },
  PaymentCaptured: { version: 1, schema: z.strictObject({ ...payment, attempt, amount: moneySchema }) },
  /** The gateway refused for good. */
  CaptureFailed: { version: 1, schema: z.strictObject({ ...payment, attempt, reason: failure }) },
  /** Intent to give back what is authorised. */
  VoidRequested: { version: 1, schema: z.strictObject({ ...payment, attempt }) },
  /** Nothing is held any more. As the first event: closed before it was requested. */
  PaymentVoided: { version: 1, schema: z.strictObject({ ...payment }) },
  /** Intent to refund. */
  RefundRequested: {
    version: 1,
    schema: z.strictObject({ ...payment, refundId, attempt, amount: moneySchema, reason: text(500) }),
  },
  RefundSettled: { version: 1, schema: z.strictObject({ ...payment, refundId, amount: moneySchema }) },
  /** The gateway refused this attempt; the refund is still owed. */
  RefundFailed: { version: 1, schema: z.strictObject({ ...payment, refundId, attempt, reason: failure }) },
});
export type PaymentEvent = EventOf<typeof paymentEvents>;
