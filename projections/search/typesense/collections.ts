/** The collections of products in Typesense: one a generation, filled beside the live one, then put in its place. */
import type { TypesenseConnection } from '../../../platform/typesense/connection.ts';
import { isMissing } from '../../../platform/typesense/errors.ts';
import { COLLECTION, type CollectionNames, TYPESENSE_SYNONYMS } from './schema.ts';

export type Collections = {
  /** The collection that searches read; undefined where there is none of this version's fields. */
  live(): Promise<string | undefined>;
  /** Makes the next one, with its synonyms. */
  create(): Promise<string>;
  publish(collection: string): Promise<void>;
  /** Drops those that were live or half filled, a while after another took their place. */
  tidy(): Promise<void>;
};

export type CollectionsOptions = {
  /** So long an earlier collection stays: searches that are under way still read it. In milliseconds (60,000). */
  readonly keepMs?: number;
  /** So long it is taken for granted that the live one is there, in milliseconds (1,000). */
  readonly recheckMs?: number;
};

export function typesenseCollections(
  connection: TypesenseConnection,
  names: CollectionNames,
  { keepMs = 60_000, recheckMs = 1_000 }: CollectionsOptions = {},
): Collections {
  let known: { readonly live: string; readonly until: number } | undefined;
  // What other processes left behind is seen to as well, a while after the start.
  let tidyAt: number | undefined = performance.now() + keepMs;

  return {
    async live() {
      if (known && performance.now() < known.until) return known.live;
      known = undefined;
      const live = await liveCollection(connection, names);
      if (live !== undefined) known = { live, until: performance.now() + recheckMs };
      return live;
    },
    create: () => createCollection(connection, names),
    async publish(collection) {
      await connection.write((client) => client.aliases().upsert(names.alias, { collection_name: collection }));
      known = undefined;
      tidyAt = performance.now() + keepMs;
    },
    async tidy() {
      if (tidyAt === undefined || performance.now() < tidyAt) return;
      const live = await liveCollection(connection, names);
      if (live === undefined) return;
      for (const collection of await ownCollections(connection, names)) {
        if (collection !== live) await dropCollection(connection, collection);
      }
      tidyAt = undefined;
    },
  };
}

async function liveCollection(connection: TypesenseConnection, names: CollectionNames): Promise<string | undefined> {
  try {
    const { collection_name: live } = await connection.write((client) => client.aliases(names.alias).retrieve());
    // An alias may outlive what it stands for.
    await connection.write((client) => client.collections(live).retrieve());
    return names.isCurrent(live) ? live : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function ownCollections(connection: TypesenseConnection, names: CollectionNames): Promise<readonly string[]> {
  const collections = await connection.write((client) => client.collections().retrieve());
  return collections.map(({ name }) => name).filter((name) => names.generationOf(name) !== undefined);
}

async function createCollection(connection: TypesenseConnection, names: CollectionNames): Promise<string> {
  const { synonymSets } = await connection.server();
  const taken = (await ownCollections(connection, names)).map((name) => names.generationOf(name) ?? 0);
  const collection = names.collection(Math.max(0, ...taken) + 1);
  const items = TYPESENSE_SYNONYMS.map((synonyms) => ({ ...synonyms }));
  if (synonymSets) {
    await connection.write((client) => client.synonymSets(names.synonymSet).upsert({ items }));
    const sets = { synonym_sets: [names.synonymSet] };
    await connection.write((client) => client.collections().create({ ...COLLECTION, ...sets, name: collection }));
    return collection;
  }
  await connection.write((client) => client.collections().create({ ...COLLECTION, name: collection }));
  for (const { id, synonyms } of items) {
    // The call of the client for this says to everybody who looks at the console that newer servers have another.
    await connection.write((client) => client.apiCall.put(`/collections/${collection}/synonyms/${id}`, { synonyms }));
  }
  return collection;
}

async function dropCollection(connection: TypesenseConnection, collection: string): Promise<void> {
  try {
    await connection.write((client) => client.collections(collection).delete());
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
