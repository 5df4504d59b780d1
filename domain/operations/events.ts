/** What people and scripts did to the shop from outside its trade: the audit log's own facts. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { personal } from '../sealed.ts';
import { text } from '../text.ts';

/** Dotted, in kebab-case: `projections.rebuild`. */
export const actionSchema = z
  .string()
  .max(100)
  .regex(/^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)*$/);

/** Stream `operation-{operationId}`, one event each. Who and when are in the metadata. */
export const operationEvents = defineEvents({
  /** Written before it is done: what is not recorded does not happen. */
  OperationRecorded: {
    version: 1,
    schema: z.strictObject({
      operationId: idSchema,
      action: actionSchema,
      /** What it is done to: the name of a projection, a stream, a parked event, a folder. */
      subject: text(1_000, 1),
      reason: text(1_000, 1).optional(),
      /** Small: the options it is done with. */
      detail: z.record(z.string(), z.unknown()).optional(),
      /** From where, over the network: of the user who acts. */
      address: personal(z.string()).optional(),
    }),
  },
});
export type OperationEvent = EventOf<typeof operationEvents>;
