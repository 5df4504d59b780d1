/** What can happen to an account, and to the claim of an e-mail address. */
import { z } from 'zod';
import { defineEvents, type EventOf } from '../event-definition.ts';
import { idSchema } from '../ids.ts';
import { personal } from '../sealed.ts';
import { line, text } from '../text.ts';

export const roleSchema = z.enum(['buyer', 'seller', 'support', 'analyst', 'ops', 'admin']);
export type Role = z.output<typeof roleSchema>;

/** HMAC of the lower-cased address with the log's own secret: it names the stream `email-{emailKey}`. */
const emailKey = text(128, 1);

/** Stream `user-{userId}`. */
export const userEvents = defineEvents({
  /** Somebody signed up; every account is a buyer. */
  UserRegistered: {
    version: 1,
    schema: z.strictObject({
      userId: idSchema,
      emailKey,
      email: personal(z.string()),
      name: personal(z.string()),
      passwordHash: personal(z.string()),
    }),
  },
  /** The claim of the address ran out before the account was made: this id will never be an account. */
  RegistrationAbandoned: { version: 1, schema: z.strictObject({ userId: idSchema, emailKey }) },
  ProfileChanged: {
    version: 1,
    schema: z.strictObject({
      userId: idSchema,
      name: personal(z.string()).optional(),
      phone: personal(z.string()).nullable().optional(),
    }),
  },
  RoleGranted: { version: 1, schema: z.strictObject({ userId: idSchema, role: roleSchema }) },
  RoleRevoked: { version: 1, schema: z.strictObject({ userId: idSchema, role: roleSchema }) },
});
export type UserEvent = EventOf<typeof userEvents>;

/** Stream `email-{emailKey}`: one account per e-mail address. */
export const emailEvents = defineEvents({
  EmailClaimed: {
    version: 1,
    /** `validUntil`: when a claim whose account does not exist may be taken over. */
    schema: z.strictObject({ emailKey, userId: idSchema, validUntil: z.iso.datetime() }),
  },
  EmailReleased: { version: 1, schema: z.strictObject({ emailKey, userId: idSchema }) },
});
export type EmailEvent = EventOf<typeof emailEvents>;

export const nameSchema = line(200);
