/** Requests and answers of a real Typesense on the real catalogue, where SOUK_TEST_DATA names the folder that holds both. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { approvedSeller, category, listing, type Told, usd } from '../../testing/story.ts';
import type { Hit } from '../typesense/answers.ts';
import type { Params } from './typesense-search.ts';

export type Exchange = {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  readonly response: { readonly status: number; readonly body: unknown };
};

export type CatalogueRecord = {
  readonly name: string;
  readonly description?: string;
  readonly brand?: string;
  readonly categories: readonly string[];
  readonly price: number;
  readonly image?: string;
  readonly popularity?: number;
};

const folder = process.env.SOUK_TEST_DATA ?? '';

/** Whether there is anything of it here; `missing` is what to tell where there is not. */
export const hasCatalogue = folder !== '' && existsSync(join(folder, 'catalogue', 'products.json'));
export const hasRecordings = folder !== '' && existsSync(join(folder, 'typesense'));
export const missing = 'set SOUK_TEST_DATA to the folder that holds it';

export function readCatalogue(): readonly CatalogueRecord[] {
  return JSON.parse(readFileSync(join(folder, 'catalogue', 'products.json'), 'utf8'));
}

export function readRecordings(): readonly Exchange[] {
  const files = readdirSync(join(folder, 'typesense')).filter((file) => file.endsWith('.json'));
  return files.map((file) => ({
    name: file.replace('.json', ''),
    ...JSON.parse(readFileSync(join(folder, 'typesense', file), 'utf8')),
  }));
}

/** The catalogue as events. `ids` are the products' ids, in the order of the records. */
export function catalogueEvents(
  records: readonly CatalogueRecord[],
  { sellerId, newId }: { readonly sellerId: string; readonly newId: () => string },
): { readonly events: readonly Told[]; readonly ids: readonly string[] } {
  const events: Told[] = approvedSeller(sellerId);
  const known = new Map<string, string>();
  const ids = records.map((record) => {
    let parentId: string | null = null;
    for (const [depth, name] of record.categories.entries()) {
      const path = record.categories.slice(0, depth + 1).join('>');
      const categoryId: string = known.get(path) ?? newId();
      if (!known.has(path)) events.push(category(categoryId, name, parentId));
      known.set(path, categoryId);
      parentId = categoryId;
    }
    const { name, description = '', brand = 'None', popularity = 0 } = record;
    const productId = newId();
    const of = { productId, sellerId, categoryId: parentId ?? newId(), name, description, brand, popularity };
    events.push(...listing({ ...of, price: usd(Math.round(record.price * 100)) }));
    return productId;
  });
  return { events, ids };
}

/**
 * Answers as the real server did, where it was asked the same: the query, page, filter and order. What we add to the
 * fields that are looked in, its documents do not have. `idOf`: a product's id, for the number of its record.
 */
export function recordedAnswers(idOf: (record: number) => string) {
  const searches = readRecordings().filter(
    ({ request, response }) => request.path.includes('/search?') && response.status === 200,
  );
  const byQuestion = new Map(
    searches.map(({ request, response }) => [
      questionOf(Object.fromEntries(new URL(request.path, 'http://x').searchParams)),
      response.body,
    ]),
  );
  return (params: Params): Readonly<Record<string, unknown>> | undefined => {
    const body = byQuestion.get(questionOf(params)) as { readonly hits: readonly Hit[] } | undefined;
    if (!body) return undefined;
    const tagged = JSON.parse(
      JSON.stringify(body)
        .replaceAll('<mark>', String(params.highlight_start_tag ?? '<mark>'))
        .replaceAll('</mark>', String(params.highlight_end_tag ?? '</mark>')),
    ) as typeof body;
    const hits = tagged.hits.map((hit) => ({
      ...hit,
      document: { ...hit.document, id: idOf(Number(hit.document.id)) },
    }));
    return { ...tagged, hits };
  };
}

function questionOf(params: Params): string {
  const { q, page = 1, per_page = 10, filter_by = '', facet_by = '' } = params;
  // What the server does where it is not told: by how well the text matches, then by the default field.
  const { sort_by = '_text_match:desc,popularity:desc' } = params;
  const looked = String(params.query_by)
    .split(',')
    .filter((field) => !OURS.includes(field));
  return JSON.stringify([q, Number(page), Number(per_page), filter_by, facet_by, sort_by, looked]);
}

/** Fields that the recorded collection did not have. */
const OURS = ['details', 'forms'];
