/** A refusal by a rule: a value, not an exception. Bugs throw; rules refuse. */

/** How a client should take it: a state that forbids it, a body that is wrong, a right that lacks, a thing not there. */
export type RejectionKind = 'conflict' | 'invalid' | 'forbidden' | 'not_found';

export type Rejection = {
  readonly rejected: true;
  readonly kind: RejectionKind;
  /** Stable and machine-readable, in snake_case; clients may rely on those that the API describes. */
  readonly code: string;
  /** One sentence for a person: what is wrong and what to do. */
  readonly detail: string;
  /** JSON pointer (RFC 6901) into the request body, where one field is to blame. */
  readonly pointer?: string;
  /** Further members of the problem document, such as `totals` of `price_changed`. */
  readonly extra?: Readonly<Record<string, unknown>>;
};

type Options = { readonly kind?: RejectionKind; readonly pointer?: string; readonly extra?: Record<string, unknown> };

/** Makes a refusal; `kind` is `conflict` unless said. */
export function reject(code: string, detail: string, options: Options = {}): Rejection {
  return {
    rejected: true,
    kind: options.kind ?? 'conflict',
    code,
    detail,
    ...(options.pointer === undefined ? {} : { pointer: options.pointer }),
    ...(options.extra === undefined ? {} : { extra: options.extra }),
  };
}

/** Tells a refusal from every other value. */
export function isRejection(value: unknown): value is Rejection {
  return typeof value === 'object' && value !== null && (value as { rejected?: unknown }).rejected === true;
}
