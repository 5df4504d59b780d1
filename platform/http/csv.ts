/** Lists as CSV (RFC 4180): a header line, commas, quotes where needed, CRLF after each line. */
import type { Answer } from './route.ts';

export const CSV_TYPE = 'text/csv';

/** The body of a list, as routes with `csv` answer. */
type List = { readonly items: readonly Readonly<Record<string, unknown>>[]; readonly nextCursor?: string | null };

/** One line per item; null and what is missing are empty, what is no plain value is JSON. */
export function csvOf(columns: readonly string[], { items }: List): string {
  const lines = [columns, ...items.map((item) => columns.map((column) => item[column]))];
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

/**
 * The headers of a list in CSV. There is no place in it for the next page's cursor: a `Link` (RFC 8288) leads there,
 * relative to the address that was asked.
 */
export function csvHeaders({ body, headers }: Answer, search: URLSearchParams): Readonly<Record<string, string>> {
  const { nextCursor } = body as List;
  const next = new URLSearchParams(search);
  if (typeof nextCursor === 'string') next.set('cursor', nextCursor);
  return {
    ...headers,
    'content-type': `${CSV_TYPE}; charset=utf-8; header=present`,
    ...(typeof nextCursor === 'string' ? { link: `<?${next}>; rel="next"` } : {}),
  };
}

function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? harmless(value) : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// Spreadsheets run text that begins like a formula: somebody else's name for a thing must not do that to a reader.
function harmless(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
