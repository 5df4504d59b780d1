/**
 * Personal fields. In the log, in snapshots and on the command side they are opaque: `Sealed<T>`. Only projections,
 * answers and processes unseal them, at use, to `T`, or to `Erased` where the person asked to be forgotten.
 */
import { z } from 'zod';

declare const plain: unique symbol;

/** A value encrypted for one person; `T` is what is inside. */
export type Sealed<T> = {
  /** base64url of nonce, ciphertext and tag (AES-256-GCM); the same plain text of a person seals to the same text. */
  readonly $sealed: string;
  /** Whose key opens it: a user id, or the cart id of a guest. */
  readonly person: string;
  readonly [plain]?: T;
};

/** What is left of a personal field after its person was erased. */
export type Erased = { readonly $erased: true };

const sealedSchema = z.strictObject({ $sealed: z.string().min(1), person: z.uuid() });

/** Marks a field of an event as personal; `schema` says what is inside once it is unsealed, and the golden file keeps it. */
export function personal<S extends z.ZodType>(schema: S): z.ZodType<Sealed<z.output<S>>, Sealed<z.output<S>>> {
  return sealedSchema.meta({ inside: z.toJSONSchema(schema) }) as unknown as z.ZodType<
    Sealed<z.output<S>>,
    Sealed<z.output<S>>
  >;
}

/** `T` with every sealed field opened, or erased. */
export type Unsealed<T> =
  T extends Sealed<infer P>
    ? P | Erased
    : T extends readonly (infer I)[]
      ? readonly Unsealed<I>[]
      : T extends object
        ? { readonly [K in keyof T]: Unsealed<T[K]> }
        : T;

/** Whether an unsealed value is what erasure left. */
export function isErased(value: unknown): value is Erased {
  return typeof value === 'object' && value !== null && (value as { $erased?: unknown }).$erased === true;
}
