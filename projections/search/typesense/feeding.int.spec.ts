/** Feeding Typesense: what it refuses, loses or does not answer holds up nothing, and comes right by itself. */

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../../../platform/ids.ts';
import { until } from '../../../platform/testing/until.ts';
import { approvedSeller, category, listing, type Told, told } from '../../testing/story.ts';
import { searchOnTypesense, type TypesenseTestOptions, type TypesenseUnderTest } from '../testing/search-under-test.ts';
import type { TypesenseDouble } from '../testing/typesense-double.ts';
import type { Collection } from '../testing/typesense-search.ts';
import { MODEL_NAME } from './schema.ts';

const [sellerId, categoryId] = [newId(), newId()];
let subject: TypesenseUnderTest;
let double: TypesenseDouble;

async function open(options: TypesenseTestOptions = {}): Promise<void> {
  subject = await searchOnTypesense({ ownDouble: true, ...options });
  if (!subject.double) throw new Error('these tests need the double');
  double = subject.double;
  await subject.see([...approvedSeller(sellerId), category(categoryId, 'Audio'), ...product('Radio')]);
}

const product = (name: string, productId = newId()): Told[] => listing({ productId, sellerId, categoryId, name });
const isImport = ({ path }: { readonly path: string }) => path.endsWith('/documents/import');
const search = (q: string) => subject.engine.search({ q, limit: 10 });
const statusOf = async (name: string) => (await subject.running.status()).find((row) => row.name === name);
const namesLive = () => [...(live()?.documents.values() ?? [])].map(({ name }) => String(name)).sort();
const live = () => double.collections.get([...double.aliases.values()][0] ?? '');

describe('feeding Typesense', () => {
  beforeEach(() => open());
  afterEach(() => subject.close());

  it('sends what changed and nothing else, and takes out what is not on offer any more', async () => {
    const productId = newId();
    await subject.see([...product('Speaker', productId), ...product('Amplifier')]);
    expect(namesLive()).toEqual(['Amplifier', 'Radio', 'Speaker']);
    const before = double.requests.length;
    await subject.see([told(`product-${productId}`, 'ProductArchived', { productId })]);
    expect(namesLive()).toEqual(['Amplifier', 'Radio']);
    expect(double.requests.slice(before).filter((request) => request.endsWith('/import'))).toEqual([]);
  });

  it('tells which product was refused and why, and lets the others in', async () => {
    const refused = newId();
    double.refusal = ({ name }) => (name === 'Priceless' ? 'Field `prices` must be an array of int64.' : undefined);
    await subject.see([...product('Priceless', refused), ...product('Speaker')]);
    expect((await search('speaker')).result.found).toBe(1);
    expect(await statusOf(MODEL_NAME)).toMatchObject({
      state: 'live',
      error: `Typesense refused 1 products: ${refused} (Field \`prices\` must be an array of int64.)`,
    });
    // It stays to be seen while others come.
    await subject.see(product('Tuner'));
    expect((await statusOf(MODEL_NAME))?.error).toContain(refused);
    await subject.see([told(`product-${refused}`, 'ProductRevised', { productId: refused, name: 'Priced' } as never)]);
    expect(await statusOf(MODEL_NAME)).toMatchObject({ state: 'live', error: null });
    expect((await search('priced')).result.found).toBe(1);
  });

  it('finds the one that makes a whole request unreadable', async () => {
    const poison = newId();
    double.fault = (request) =>
      isImport(request) && request.body.includes(poison) ? { status: 400, message: 'Bad request' } : undefined;
    await subject.see([...product('One'), ...product('Two'), ...product('Poison', poison), ...product('Three')]);
    expect(namesLive()).toEqual(['One', 'Radio', 'Three', 'Two']);
    expect((await statusOf(MODEL_NAME))?.error).toContain(poison);
  });

  it('sends a request again that failed as a whole, while the rows go on', async () => {
    let failures = 0;
    double.fault = (request) => {
      if (!isImport(request) || failures >= 3) return undefined;
      failures += 1;
      return failures === 1 ? 'drop' : { status: 503, message: 'Not Ready or Lagging' };
    };
    const position = await subject.log.tell(product('Speaker'));
    expect(await subject.running.waitFor(position, ['search'], 10_000)).toEqual({ ok: true });
    await until(async () => (await statusOf(MODEL_NAME))?.error?.includes('503'));
    expect(subject.running.health()).toEqual({ ok: true, problems: [] });
    await subject.found(position);
    expect(failures).toBe(3);
    expect((await search('speaker')).result.found).toBe(1);
    expect(await statusOf(MODEL_NAME)).toMatchObject({ state: 'live', error: null });
  });

  it('holds no product to blame where the server takes none for want of disk or memory', async () => {
    double.fault = (request) =>
      isImport(request)
        ? { status: 422, message: 'Rejecting write: running out of resource type: OUT_OF_DISK' }
        : undefined;
    const position = await subject.log.tell(product('Speaker'));
    await until(async () => (await statusOf(MODEL_NAME))?.error?.includes('OUT_OF_DISK'));
    expect((await statusOf(MODEL_NAME))?.error).toMatch(/^Typesense answered 422/);
    double.fault = () => undefined;
    await subject.found(position);
    expect(namesLive()).toEqual(['Radio', 'Speaker']);
    expect(await statusOf(MODEL_NAME)).toMatchObject({ state: 'live', error: null });
  });

  it('fills a server that was emptied, by itself and on a quiet log', async () => {
    const before = live()?.name;
    double.empty();
    await until(() => live() !== undefined);
    await until(async () => (await statusOf(MODEL_NAME))?.state === 'live');
    expect(live()?.documents.size).toBe(1);
    expect(live()?.name).toBe(before);
    await until(async () => (await search('radio')).fallback === false);
    double.collections.clear();
    await until(() => live() !== undefined);
  });

  it('answers from the rows where Typesense has not come so far as is asked for', async () => {
    double.fault = (request) => (isImport(request) ? { status: 503, message: 'Not Ready or Lagging' } : undefined);
    const position = await subject.log.tell(product('Speaker'));
    expect(await subject.running.waitFor(position, ['search'], 10_000)).toEqual({ ok: true });
    expect(await subject.engine.search({ q: 'speaker', limit: 5 }, position)).toMatchObject({
      fallback: true,
      result: { found: 1 },
    });
    expect(await subject.engine.search({ q: 'speaker', limit: 5 })).toMatchObject({
      fallback: false,
      result: { found: 0 },
    });
    double.fault = () => undefined;
    await subject.found(position);
    expect(await subject.engine.search({ q: 'speaker', limit: 5 }, position)).toMatchObject({
      fallback: false,
      result: { found: 1 },
    });
  });

  it('goes on in the rows with a page that Typesense began, and the other way round', async () => {
    await subject.see([...product('Speaker'), ...product('Amplifier'), ...product('Tuner')]);
    for (const [sort, q] of [
      ['newest', undefined],
      ['price_asc', undefined],
      ['bestselling', undefined],
      ['rating', undefined],
      ['relevance', 'audio'],
    ] as const) {
      const ask = async (away: boolean, cursor?: string | null) => {
        double.fault = ({ path }) => (away && path === '/multi_search' ? { status: 503, message: 'away' } : undefined);
        await until(async () => (await search('radio')).fallback === away);
        return (await subject.engine.search({ q, sort, limit: 1, cursor: cursor ?? undefined })).result;
      };
      const first = await ask(false);
      const second = await ask(true, first.nextCursor);
      const third = await ask(false, second.nextCursor);
      const seen = [first, second, third].flatMap(({ items }) => items.map(({ name }) => name));
      if (sort === 'relevance') expect(seen).toHaveLength(3);
      else expect(seen).toEqual((await subject.engine.search({ sort, limit: 3 })).result.items.map(({ name }) => name));
    }
  });

  it('sends once more, a while after a take-over, what the process before may have been sending', async () => {
    const second = subject.log.runtime({ ...subject.runtimeOptions, owner: 'second', settledMs: 500, leaseMs: 200 });
    await subject.running.stop();
    await second.start();
    const position = await subject.log.tell(product('Speaker'));
    expect(await second.waitFor(position, [MODEL_NAME], 20_000)).toEqual({ ok: true });
    // The process before arrives late with what it had read earlier.
    const late = [...(live()?.documents.values() ?? [])].find(({ name }) => name === 'Speaker');
    const id = late?.id ?? '';
    live()?.documents.set(id, { ...late, id, name: 'Stale' });
    await until(() => live()?.documents.get(id)?.name === 'Speaker');
    await second.stop();
  });
});

describe('a process that was replaced while it filled a collection', () => {
  afterEach(() => subject.close());

  it('does not leave its own in the place of the one that is kept', async () => {
    await open();
    const { outside } = (subject.runtimeOptions.outside ?? [])[0] ?? {};
    if (!outside) throw new Error('nothing is kept in Typesense');
    // It slept over the take-over, with nothing but older products sent.
    const half = await outside.open();
    await outside.publish(half);
    expect(live()?.name).toBe(half);
    await until(async () => live()?.name !== half && (await statusOf(MODEL_NAME))?.state === 'live');
    await subject.see(product('Speaker'));
    expect(namesLive()).toEqual(['Radio', 'Speaker']);
  });
});

describe('a Typesense that is away on a quiet log', () => {
  afterEach(() => subject.close());

  it('is told of in the status while it is, and not after', async () => {
    await open();
    double.fault = () => 'drop';
    await until(async () => (await statusOf(MODEL_NAME))?.error?.startsWith('Typesense does not answer'));
    expect(subject.running.health().ok).toBe(true);
    double.fault = () => undefined;
    await until(async () => (await statusOf(MODEL_NAME))?.error === null);
  });
});

describe('a Typesense that stands still', () => {
  afterEach(() => subject.close());

  it('costs one search its time-out and the others nothing, and is asked again when it may be back', async () => {
    let now = 0;
    await open({ breaker: { firstMs: 1_000, now: () => now } });
    expect(await search('radio')).toMatchObject({ fallback: false, result: { found: 1 } });
    double.fault = ({ path }) => (path === '/multi_search' ? 'hang' : undefined);
    expect(await search('radio')).toMatchObject({ fallback: true, result: { found: 1 } });
    const asked = double.requests.filter((request) => request.endsWith('/multi_search')).length;
    for (let time = 0; time < 5; time++) expect(await search('radio')).toMatchObject({ fallback: true });
    expect(double.requests.filter((request) => request.endsWith('/multi_search'))).toHaveLength(asked);
    double.fault = () => undefined;
    now = 1_000;
    expect(await search('radio')).toMatchObject({ fallback: false });
    expect(await subject.engine.suggest({ q: 'radio', limit: 5 })).toMatchObject({ fallback: false });
  });
});

describe('an answer that is none', () => {
  afterEach(() => subject.close());

  it.each(['{}', '{"results":[]}', '[]', 'null'])('does not pass for nothing found: %s', async (body) => {
    await open();
    double.fault = ({ path }) => (path === '/multi_search' ? { status: 200, body } : undefined);
    expect(await search('radio')).toMatchObject({ fallback: true, result: { found: 1 } });
  });
});

describe('collections of products', () => {
  afterEach(() => subject.close());

  it('make place for the next, and are dropped a while later, those of others are not', async () => {
    await open({ keepMs: 300 });
    const first = live()?.name ?? '';
    double.collections.set('somebody_elses', { ...(live() as Collection), name: 'somebody_elses' });
    await subject.log.database.pool.query('update projections.checkpoints set position = null where name = $1', [
      MODEL_NAME,
    ]);
    await until(() => live()?.name !== first && live()?.documents.size === 1);
    expect(first.replace(/_1$/, '_2')).toBe(live()?.name);
    await until(() => !double.collections.has(first));
    expect([...double.collections.keys()].sort()).toEqual([live()?.name, 'somebody_elses'].sort());
  });

  it('have their synonyms as sets where the server is of version 30', async () => {
    await open({ double: { version: '30.1' } });
    await subject.see(listing({ sellerId, categoryId, name: 'Television' }));
    expect((await search('tv')).result.items.map(({ name }) => name)).toEqual(['Television']);
    expect(double.requests.some((request) => request.startsWith('PUT /synonym_sets/'))).toBe(true);
    expect(double.requests.some((request) => request.includes('/synonyms/'))).toBe(false);
  });
});
