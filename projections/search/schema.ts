/** The tables of the search index. */

/** What every search asks first: answers kept in memory hold while it stays the same. */
const STATE = [
  'create table search_state (one boolean primary key default true check (one), version bigint not null)',
  // From the time on, not from 1: an index built anew would count through numbers that answers are kept under.
  `insert into search_state (version) values (extract(epoch from clock_timestamp())::bigint * 100000)`,
];

const DOCUMENTS = [
  `create table search_documents (
    product_id text collate "C" primary key,
    seller_id text collate "C" not null,
    name text not null,
    slug text not null,
    image text,
    brand text not null,
    brand_key text collate "C" not null,
    category_id text collate "C" not null,
    category_ids text[] collate "C" not null,
    currency text collate "C" not null,
    prices bigint[] not null,
    price_from bigint not null,
    price_to bigint not null,
    in_stock boolean not null,
    popularity bigint not null,
    units bigint not null,
    rating real not null default 0,
    rating_count integer not null default 0,
    created_at text collate "C" not null,
    words tsvector not null
  ) with (fillfactor = 80, toast_tuple_target = 8160)`,
  // Vectors stay in the row up to 8 kB: ranking a thousand of them from the toast table takes five times as long.
  'create index on search_documents using gin (words) with (fastupdate = off)',
  'create index on search_documents using gin (category_ids) with (fastupdate = off)',
  'create index on search_documents (created_at, product_id)',
  'create index on search_documents (price_from, product_id)',
  'create index on search_documents (units, product_id)',
  'create index on search_documents (rating, units, product_id)',
  'create index on search_documents (brand_key, created_at, product_id)',
  'create index on search_documents (seller_id, created_at, product_id)',
];

/** Words, brands and categories that documents have, counted: for typing errors, suggestions and the category tree. */
const TERMS = [
  // No index may name the counts: they change all the time, and are then updated in place.
  `create table search_terms (
    kind text collate "C" not null,
    key text collate "C" not null,
    folded text collate "C" not null,
    label text not null,
    documents integer not null,
    -- Of these, with the word in name, brand or category.
    named integer not null,
    primary key (kind, key)
  ) with (fillfactor = 70)`,
  'create index on search_terms (kind, folded)',
  `create index on search_terms using gin (folded gin_trgm_ops) where kind = 'word'`,
];

export const SEARCH_TABLES = ['search_state', 'search_documents', 'search_terms'];
export const CREATE_SEARCH: readonly string[] = [...STATE, ...DOCUMENTS, ...TERMS];
