/** The search index in Typesense: fed from the rows that the one on Postgres is built from, by the same documents. */
import type { Logger } from '../../../platform/logging/logger.ts';
import { errorMessage } from '../../../platform/process/error-code.ts';
import type { TypesenseConnection } from '../../../platform/typesense/connection.ts';
import type { Reader } from '../../read.ts';
import type { OutsideModel } from '../../runtime/types.ts';
import { documentOf, type SearchSource, textsOf } from '../document.ts';
import { changedProducts, type DirtyProduct, readSources, SEARCH_SOURCES } from '../sources.ts';
import { type CollectionsOptions, typesenseCollections } from './collections.ts';
import { type TypesenseDocument, typesenseDocument, typesenseFacts } from './document.ts';
import { collectionNames, MODEL_NAME } from './schema.ts';
import { deleteDocuments, importDocuments, type Refused } from './send.ts';

export type TypesenseModelOptions = CollectionsOptions & {
  readonly connection: TypesenseConnection;
  /** Whose products these are: the log's identity. */
  readonly logId: string;
  readonly logger: Logger;
};

const REFUSED = 'projections.search_typesense_refused';

export function typesenseModel(options: TypesenseModelOptions): OutsideModel<DirtyProduct> {
  const { connection, logger } = options;
  const collections = typesenseCollections(connection, collectionNames(options.logId), options);
  return {
    name: MODEL_NAME,
    version: 2,
    sources: SEARCH_SOURCES,
    tables: ['search_typesense_refused'],
    create: [`create table search_typesense_refused (product_id text collate "C" primary key, error text not null)`],
    changed: changedProducts,
    outside: {
      live: collections.live,
      tidy: collections.tidy,
      async open() {
        const collection = await collections.create();
        logger.info({ collection }, 'filling a new collection in Typesense');
        return collection;
      },
      async publish(collection) {
        await collections.publish(collection);
        logger.info({ collection }, 'Typesense: searches read the new collection');
      },
      async send(reader, work, collection) {
        const refused = await sendProducts(connection, { reader, work, collection });
        for (const { id, error } of refused)
          logger.error({ productId: id, collection }, `Typesense refused a product: ${error}`);
        await noteRefused(reader, work, refused);
      },
      missing: missingProducts,
    },
  };
}

type Sending = { readonly reader: Reader; readonly work: readonly DirtyProduct[]; readonly collection: string };

async function sendProducts(connection: TypesenseConnection, { reader, work, collection }: Sending) {
  const { sources } = await readSources(
    reader,
    work.map((item) => item.product_id),
  );
  const { documents, refused } = documentsOf(sources);
  const whole = work.filter((item) => !item.facts).map((item) => item.product_id);
  const facts = work.filter((item) => item.facts).map((item) => item.product_id);
  const onOffer = (ids: readonly string[]) => ids.flatMap((id) => documents.get(id) ?? []);
  const answers = [
    ...(await importDocuments(connection, { collection, action: 'upsert' }, onOffer(whole))),
    ...(await importDocuments(connection, { collection, action: 'update' }, onOffer(facts).map(typesenseFacts))),
  ];
  const unmade = new Set(refused.map(({ id }) => id));
  const gone = whole.filter((id) => !documents.has(id) && !unmade.has(id));
  await deleteDocuments(connection, collection, gone);
  return [...refused, ...answers];
}

/** Of what is on offer. A product whose document cannot be made is missing alone. */
function documentsOf(sources: readonly SearchSource[]) {
  const documents = new Map<string, TypesenseDocument>();
  const refused: Refused[] = [];
  for (const source of sources) {
    try {
      const document = documentOf(source);
      if (document) documents.set(document.product_id, typesenseDocument(document, textsOf(source)));
    } catch (error) {
      refused.push({ id: source.product.product_id, error: errorMessage(error) });
    }
  }
  return { documents, refused };
}

/** Kept until it goes in: whoever looks at the status sees what cannot be found, also days later. */
async function noteRefused(reader: Reader, work: readonly DirtyProduct[], refused: readonly Refused[]): Promise<void> {
  const whole = work.filter((item) => !item.facts).map((item) => item.product_id);
  await reader.query(
    `with tried as (delete from ${REFUSED} where product_id = any($1) and product_id <> all($2))
     insert into ${REFUSED} (product_id, error) select * from unnest($2::text[], $3::text[])
     on conflict (product_id) do update set error = excluded.error`,
    [whole, refused.map(({ id }) => id), refused.map(({ error }) => error)],
  );
}

async function missingProducts(reader: Reader): Promise<string | null> {
  const { rows } = await reader.query<{ product_id: string; error: string; total: number }>(
    `select product_id, error, count(*) over ()::int as total from ${REFUSED} order by product_id limit 3`,
  );
  const [first] = rows;
  if (!first) return null;
  const named = rows.map(({ product_id, error }) => `${product_id} (${error})`).join(', ');
  return `Typesense refused ${first.total} products: ${named}${first.total > rows.length ? ', …' : ''}`;
}
