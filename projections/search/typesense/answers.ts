/** What Typesense answers to searches, as far as Souk reads it, and the marks in it turned into HTML. */
import { TypesenseError } from '../../../platform/typesense/errors.ts';
import { escapeHtml, type Highlight } from '../highlight.ts';

type Snippet = { readonly snippet?: string; readonly matched_tokens?: readonly unknown[] };

export type Hit = {
  readonly document: Readonly<Record<string, unknown>> & { readonly id: string };
  /** By field; of a list one for each of its values. */
  readonly highlight?: Readonly<Record<string, Snippet | readonly Snippet[]>>;
};

export type FacetCount = {
  readonly field_name: string;
  readonly counts: readonly { readonly value: string; readonly count: number }[];
  readonly stats?: { readonly min?: number; readonly max?: number };
};

export type SearchAnswer = {
  readonly found: number;
  readonly hits: readonly Hit[];
  readonly facet_counts: readonly FacetCount[];
};

/** Characters for private use around what matched: unlike tags, no text of a product has them. */
export const MARKS = { start: '\u{e000}', end: '\u{e001}' } as const;

/** One answer of several that came together: each may be an error of its own. Throws `TypesenseError`. */
export function answerOf(result: unknown): SearchAnswer {
  const {
    found,
    hits = [],
    facet_counts = [],
    error,
    code,
  } = (result ?? {}) as Partial<SearchAnswer> & {
    readonly error?: string;
    readonly code?: number;
  };
  if (error !== undefined) throw new TypesenseError(`Typesense refused a search: ${error}`, code);
  if (found === undefined) throw new TypesenseError('Typesense answered a search without results', undefined);
  return { found, hits, facet_counts };
}

/** What matched in name and description; what matches nowhere is left out. */
export function highlightOfHit({ highlight = {} }: Hit): Highlight {
  const [name] = snippetsOf(highlight.name);
  const [description] = snippetsOf(highlight.description);
  return {
    ...(name === undefined ? {} : { name: markedHtml(name) }),
    ...(description === undefined ? {} : { description: markedHtml(description) }),
  };
}

/** The snippets of a field in which something matched. */
export function snippetsOf(field: Snippet | readonly Snippet[] | undefined): readonly string[] {
  const all = field === undefined ? [] : isList(field) ? field : [field];
  return all.flatMap(({ snippet }) => (snippet?.includes(MARKS.start) ? [snippet] : []));
}

function isList(field: Snippet | readonly Snippet[]): field is readonly Snippet[] {
  return Array.isArray(field);
}

function markedHtml(snippet: string): string {
  return escapeHtml(snippet).replaceAll(MARKS.start, '<mark>').replaceAll(MARKS.end, '</mark>');
}
