/** Personal fields inside JSON text: left out or opened where they stand, without taking the text apart. */
import { isSealedValue, type KeyStore, type SealedValue } from '../../platform/keys/key-store.ts';

/** `omit`: neither the value nor whose it is. `decrypt`: the value, or `{"$erased":true}` where the person was erased. */
export type Personal = 'omit' | 'decrypt';

/** What stands for a personal field that was left out. */
const OMITTED = { $personal: 'omitted' };
const OMITTED_TEXT = JSON.stringify(OMITTED);

// Inside a string each quote has a backslash before it, so `{"` can only begin an object: what is found is never a part
// of somebody's words. It is what `isSealedValue` takes for one, as `seal` and JSON.stringify write it.
const SEALED = /\{"\$sealed":"([\w-]+)","person":"([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})"\}/gi;
const NAME = '"$sealed"';

/** The same JSON with `{"$personal":"omitted"}` for every sealed value. */
export function omitPersonal(text: string): string {
  if (!text.includes(NAME)) return text;
  const replaced = text.replace(SEALED, OMITTED_TEXT);
  // Written in another order, or only looking like it.
  return replaced.includes(NAME) ? rewrite(text, () => OMITTED) : replaced;
}

/** The same JSON texts with every sealed value opened; all keys are fetched in one go. Throws as `openAll` does. */
export async function openPersonal(texts: readonly string[], keys: Pick<KeyStore, 'openAll'>): Promise<string[]> {
  const sealed = texts.flatMap(sealedIn);
  if (sealed.length === 0) return [...texts];
  // The keys' own walk decides what an opened value is; here only the places are kept.
  const opened: readonly unknown[] = await keys.openAll<unknown>(sealed);
  let next = 0;
  return texts.map((text) => replaceSealed(text, () => opened[next++]));
}

function sealedIn(text: string): readonly SealedValue[] {
  const found: SealedValue[] = [];
  replaceSealed(text, (sealed) => {
    found.push(sealed);
    return sealed;
  });
  return found;
}

function replaceSealed(text: string, value: (sealed: SealedValue) => unknown): string {
  if (!text.includes(NAME)) return text;
  if (text.replace(SEALED, '').includes(NAME)) return rewrite(text, value);
  return text.replace(SEALED, (_all, $sealed: string, person: string) => JSON.stringify(value({ $sealed, person })));
}

/** By taking it apart: for what was not written as the shop writes it. */
function rewrite(text: string, value: (sealed: SealedValue) => unknown): string {
  const replaced = JSON.parse(text, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && isSealedValue(inner) ? value(inner) : inner,
  );
  return JSON.stringify(replaced);
}
