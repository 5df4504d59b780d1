/** Seals and opens personal fields, one key per person, wrapped by the master key, kept outside the log. */

/** The value a person's key sealed: the shape the domain's `Sealed<T>` has. */
export type SealedValue = { readonly $sealed: string; readonly person: string };

export type KeyStore = {
  /**
   * Seals for a person, making the key first where there is none (committed before this returns). Deterministic: the same
   * plain value of the same person seals to the same text, so that a repeated command makes the same bytes.
   * Throws `PersonErased` where the key was deleted.
   */
  seal(person: string, plain: unknown): Promise<SealedValue>;
  /** Opens one value; undefined where the person was erased. Throws on a value that was tampered with. */
  open(sealed: SealedValue): Promise<unknown | undefined>;
  /** Opens every sealed value inside `data` (any depth); what cannot be opened any more becomes `{"$erased": true}`. */
  openAll<T>(data: readonly T[]): Promise<readonly T[]>;
  /** HMAC-SHA256 (hex) with a secret made once per log: names `email-{hmac}` streams and digests events. Never rotated. */
  digest(purpose: string, text: string): string;
};

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const BASE64URL = /^[\w-]+$/;

/** What `seal` made, to the letter: free text may hold the same names, and must stay what it is. */
export function isSealedValue(value: object): value is SealedValue {
  const { $sealed, person } = value as Partial<SealedValue>;
  if (typeof $sealed !== 'string' || typeof person !== 'string') return false;
  return Object.keys(value).length === 2 && UUID.test(person) && BASE64URL.test($sealed);
}

/** The person asked to be forgotten: nothing can be sealed for them again. */
export class PersonErased extends Error {
  constructor(person: string) {
    super(`the key of ${person} was erased`);
    this.name = 'PersonErased';
  }
}
