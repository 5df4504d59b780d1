/** Part of the double of Typesense: documents that are imported, each line answered for itself. A test instrument. */
import type { Doc } from './typesense-filter.ts';
import type { Collection } from './typesense-search.ts';

export type Importing = { readonly action: string; readonly refusal: (document: Doc) => string | undefined };

/** The lines of the answer. */
export function importLines(collection: Collection, importing: Importing, body: string): string {
  return body
    .split('\n')
    .map((line) => JSON.stringify(importLine(collection, importing, line)))
    .join('\n');
}

function importLine(
  collection: Collection,
  { action, refusal }: Importing,
  line: string,
): Readonly<Record<string, unknown>> {
  const refuse = (code: number, error: string) => ({ code, document: line, error, success: false });
  let document: Doc;
  try {
    document = JSON.parse(line) as Doc;
  } catch {
    return refuse(400, 'Bad JSON: not properly formed.');
  }
  const known = collection.documents.get(document.id);
  if (action === 'update' && !known) return refuse(404, `Could not find a document with id: ${document.id}`);
  const whole = action === 'update' ? { ...known, ...document } : document;
  const error = faultOf(collection, whole) ?? refusal(whole);
  if (error !== undefined) return refuse(400, error);
  collection.documents.set(document.id, whole);
  return { success: true };
}

function faultOf({ fields, defaultSort }: Collection, document: Doc): string | undefined {
  if (defaultSort !== undefined && document[defaultSort] === undefined) {
    return `Field \`${defaultSort}\` has been declared as a default sorting field, but is not found in the document.`;
  }
  for (const { name, type, optional } of fields) {
    const value = document[name];
    if (value === undefined || value === null) {
      if (optional) continue;
      return `Field \`${name}\` has been declared in the schema, but is not found in the document.`;
    }
    const values = type.endsWith('[]') ? value : [value];
    if (!Array.isArray(values) || !values.every((one) => isOf(type.replace('[]', ''), one))) {
      return `Field \`${name}\` must be ${type.endsWith('[]') ? 'an array of' : 'a'} ${type.replace('[]', '')}.`;
    }
  }
  return undefined;
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'string') return typeof value === 'string';
  if (type === 'bool') return typeof value === 'boolean';
  if (type === 'float') return typeof value === 'number';
  return Number.isSafeInteger(value);
}
