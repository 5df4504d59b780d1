/** Puts documents into a collection, many a request, and looks at what Typesense says of each. */
import type { TypesenseConnection } from '../../../platform/typesense/connection.ts';
import { TypesenseError } from '../../../platform/typesense/errors.ts';
import type { TypesenseDocument, TypesenseFacts } from './document.ts';

export type Refused = { readonly id: string; readonly error: string };

type Line = { readonly success: boolean; readonly error?: string; readonly code?: number };

/**
 * Puts whole documents (`upsert`), or changes some fields of those that are there (`update`). Returns what was refused:
 * the others went in. Throws where the request as a whole failed and may be sent again.
 */
export async function importDocuments(
  connection: TypesenseConnection,
  to: { readonly collection: string; readonly action: 'upsert' | 'update' },
  documents: readonly (TypesenseDocument | TypesenseFacts)[],
): Promise<readonly Refused[]> {
  if (documents.length === 0) return [];
  try {
    const lines = await importLines(connection, to, documents);
    return documents.flatMap(({ id }, at) => refusalOf(id, lines[at], to.action) ?? []);
  } catch (error) {
    if (!isOfContent(error)) throw error;
    // One document makes the whole request unreadable or too large: it is found by halves.
    const [only] = documents;
    if (documents.length === 1 && only) return [{ id: only.id, error: error.message }];
    const half = Math.ceil(documents.length / 2);
    const first = await importDocuments(connection, to, documents.slice(0, half));
    return [...first, ...(await importDocuments(connection, to, documents.slice(half)))];
  }
}

/** So many ids in a request: they stand in its address. */
const DELETED_AT_ONCE = 50;

/** Takes documents out; those that are not there are out already. The ids are keys of rows: letters, digits, dashes. */
export async function deleteDocuments(
  connection: TypesenseConnection,
  collection: string,
  ids: readonly string[],
): Promise<void> {
  for (let from = 0; from < ids.length; from += DELETED_AT_ONCE) {
    const filter_by = `id:[${ids.slice(from, from + DELETED_AT_ONCE).join(',')}]`;
    await connection.write((client) => client.collections(collection).documents().delete({ filter_by }));
  }
}

async function importLines(
  connection: TypesenseConnection,
  { collection, action }: { readonly collection: string; readonly action: string },
  documents: readonly unknown[],
): Promise<readonly Line[]> {
  const body = documents.map((document) => JSON.stringify(document)).join('\n');
  // Not the client's own import: that waits without end for a server that stands still.
  const answer = await connection.write((client) =>
    client.apiCall.post<string>(
      `/collections/${collection}/documents/import`,
      body,
      { action },
      {
        'Content-Type': 'text/plain',
      },
    ),
  );
  const lines = String(answer)
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  if (lines.length === documents.length) return lines;
  throw new TypesenseError(`Typesense answered ${lines.length} lines to ${documents.length} documents`, undefined);
}

function refusalOf(id: string, line: Line | undefined, action: 'upsert' | 'update'): Refused | undefined {
  if (line?.success) return undefined;
  const { error = 'refused without a reason', code = 0 } = line ?? {};
  // Not on offer, or not yet: it comes with all its fields when it is.
  if (action === 'update' && code === 404) return undefined;
  if (code >= 500 || code === 404) throw new TypesenseError(`Typesense cannot take documents now: ${error}`, code);
  return { id, error };
}

// Not 422: so a server answers that has no disk or memory left, or takes no writes, whatever is sent.
function isOfContent(error: unknown): error is TypesenseError {
  return error instanceof TypesenseError && [400, 413].includes(error.status ?? 0);
}
