/** `npm run bench -- append`: durable appends by group commit, against the fastest unordered way on the same Postgres. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import pg from 'pg';
import type { EventStore, NewEvent } from '../event-store/port.ts';
import { createPostgresEventStore } from '../event-store/postgres/store.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { startEmbeddedPostgres } from '../platform/postgres/embedded.ts';
import { type Append, CLIENTS, inTurns, measure, type Result, ROUNDS } from './append/measure.ts';
import { benchEventStoreDb } from './append/on-eventstoredb.ts';

/**
 * Prints a table and one line of JSON; throws where an event is missing. `args`: appends per client and round (200). With
 * EVENTSTORE_URL on that server, against its bare client, and how fast the log is read again.
 */
export async function run(args: readonly string[]): Promise<void> {
  const perClient = Number(args[0] ?? 200);
  const url = process.env.EVENTSTORE_URL;
  if (url) return benchEventStoreDb(url, perClient);
  await benchPostgres(perClient);
}

async function benchPostgres(perClient: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'souk-bench-append-'));
  const logger = createLogger({ name: 'bench', level: 'warn', to: 'stderr' });
  const postgres = await startEmbeddedPostgres({ dataDir, logger });
  const store = await createPostgresEventStore({ url: postgres.url, logger });
  const pool = new pg.Pool({ connectionString: postgres.url, application_name: 'souk bench', max: 10 });
  try {
    for (const statement of BASELINE) await pool.query(statement);
    const souk: Append = (stream, event) => store.append(stream, [event], 'no-stream');
    const baseline: Append = (stream, event) => appendAlone(pool, stream, event);
    const rounds = [
      () => measure('Souk: group commit, gapless positions', souk, perClient),
      () => measure('one transaction per append, sequence, pool of 10', baseline, perClient),
    ];
    await inTurns(1, rounds); // warms up plans, caches and the compiler
    const [ours, theirs] = await inTurns(ROUNDS, rounds);
    if (!ours || !theirs) throw new Error('nothing was measured');
    const total = CLIENTS * perClient * (ROUNDS + 1);
    await assertWhole(store, total);
    const { rows } = await pool.query('select count(*)::int as count from bench.events');
    if (rows[0]?.count !== total) throw new Error(`${rows[0]?.count} events of the baseline, not ${total}`);
    print([ours, theirs]);
  } finally {
    await pool.end();
    await store.close();
    await postgres.stop({ evenIfShared: true });
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The usual append function: stream row checked and moved, position from a sequence, each append a transaction. */
const BASELINE = [
  'create schema bench',
  'create table bench.streams (stream_id text primary key, version bigint not null)',
  `create table bench.events (
    position bigint primary key generated always as identity, stream_id text not null, revision bigint not null,
    event_id uuid not null, type text not null, data jsonb not null, metadata jsonb not null, unique (stream_id, revision)
  )`,
  `create function bench.append(
    p_stream text, p_expected bigint, p_id uuid, p_type text, p_data jsonb, p_metadata jsonb
  ) returns bigint language plpgsql as $append$
  declare v_position bigint;
  begin
    if p_expected = -1 then
      insert into bench.streams (stream_id, version) values (p_stream, 0);
    else
      update bench.streams set version = version + 1 where stream_id = p_stream and version = p_expected;
      if not found then raise exception 'conflict'; end if;
    end if;
    insert into bench.events (stream_id, revision, event_id, type, data, metadata)
    values (p_stream, p_expected + 1, p_id, p_type, p_data, p_metadata)
    returning position into v_position;
    return v_position;
  end
  $append$`,
];

async function appendAlone(pool: pg.Pool, stream: string, event: NewEvent): Promise<void> {
  const { id, type, data, metadata } = event;
  await pool.query({
    name: 'bench_append',
    text: 'select bench.append($1, -1, $2, $3, $4, $5)',
    values: [stream, id, type, JSON.stringify(data), JSON.stringify(metadata)],
  });
}

/** Every acknowledged event is there, at positions without gaps. */
async function assertWhole(store: EventStore, total: number): Promise<void> {
  let found = 0;
  for (let page = await store.readAll({ after: null }); ; page = await store.readAll({ after: page.next })) {
    found += page.events.length;
    if (page.end) break;
  }
  const span = store.distance(null, await store.head());
  if (found !== total || span !== total) throw new Error(`${found} events over ${span} positions, not ${total}`);
}

function print(results: readonly [Result, Result]): void {
  const table = new Table({ head: ['what', 'events/s', 'p50 ms', 'p99 ms'], style: { head: [], border: [] } });
  for (const { what, perSecond, p50Ms, p99Ms } of results) table.push([what, perSecond, p50Ms, p99Ms]);
  const times = Math.round((results[0].perSecond / results[1].perSecond) * 10) / 10;
  process.stdout.write(
    `${table.toString()}\n${CLIENTS} clients, one event each, new streams; ${times} times the baseline\n`,
  );
  process.stdout.write(`${JSON.stringify({ bench: 'append', results })}\n`);
}
