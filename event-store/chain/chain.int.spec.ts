/** The chain over a real log: followed by one at a time, and broken by every change that is planted. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../platform/logging/logger.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';
import { until } from '../../platform/testing/until.ts';
import { type EventStoreServer, openEventStoreServer } from '../../test/support/event-store-server.ts';
import { createEventStoreDbStore } from '../eventstoredb/store.ts';
import type { EventStore, LogIdentity } from '../port.ts';
import { createOrderedWriter } from '../postgres/ordered-writer.ts';
import { createPostgresEventStore } from '../postgres/store.ts';
import { randomRuns } from '../testing/random-log.ts';
import { testEvent } from '../testing-events.ts';
import { ChainBroken, followChain } from './follow-chain.ts';
import { type KeptHead, keptHeadIn } from './kept-head.ts';
import { type Links, linksOf, prepareLinks } from './links.ts';
import { createHeadSigner, type SignedHead } from './signed-head.ts';
import { verifyChain } from './verify-chain.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const signer = createHeadSigner(randomBytes(32));
const never = new AbortController().signal;
const EVENTS = 330;
const LINK = 50;
const atOnce = { signer, writeMs: 0, linkEvents: LINK, standByMs: 0 };
const runs = () => {
  const all = randomRuns(EVENTS);
  // One or two more would be made: where links lie must be certain.
  const surplus = all.flatMap(({ events }) => events).length - EVENTS;
  const [last] = all.slice(-1);
  return surplus === 0 || !last ? all : [...all.slice(0, -1), { ...last, events: last.events.slice(0, -surplus) }];
};

let test: TestDatabase;
let folder: string;
beforeAll(async () => {
  test = await createTestDatabase();
  await prepareLinks(test.database);
  folder = await mkdtemp(join(tmpdir(), 'souk-chain-'));
});
afterAll(async () => {
  await test.drop();
  await rm(folder, { recursive: true, force: true });
});

type Followed = {
  readonly store: EventStore;
  readonly identity: LogIdentity;
  readonly links: Links;
  readonly kept: KeptHead;
};

async function followed(store: EventStore): Promise<Followed> {
  const identity = await store.identity();
  const kept = (await keptHeadIn(await mkdtemp(join(folder, 'kept-')))) as KeptHead;
  return { store, identity, links: linksOf(test.database, identity), kept };
}

/** Follows until so many events are chained. */
async function follow(log: Followed, events: number): Promise<void> {
  const stopping = new AbortController();
  const followers = [1, 2].map(() => followChain({ ...atOnce, ...log, signal: stopping.signal }));
  await Promise.race([until(async () => (await log.links.head())?.events === events), ...followers]);
  stopping.abort();
  await Promise.all(followers);
}

const verify = (log: Followed, options: { heads?: SignedHead[]; after?: number } = {}) =>
  verifyChain({
    ...log,
    signer,
    signal: never,
    after: options.after,
    heads: (options.heads ?? []).map((head) => ({ from: 'the head given', head })),
  });

describe('on Postgres', () => {
  let log: Followed;
  let kept: SignedHead;
  beforeAll(async () => {
    const store = await createPostgresEventStore({ url: test.url, logger });
    const writer = createOrderedWriter(test.url);
    await writer.write(runs());
    await writer.close();
    log = await followed(store);
  });
  afterAll(() => log.store.close());
  const sql = (text: string, values: unknown[] = []) => test.database.pool.query(text, values);

  it('is built once by followers that race, to the last event, with a link every so many', async () => {
    await follow(log, EVENTS);
    const links = await log.links.after(0, 100);
    expect(links.map(({ events }) => events)).toEqual([50, 100, 150, 200, 250, 300]);
    kept = (await log.kept.read(log.identity)) as SignedHead;
    expect(kept).toEqual((await log.links.head())?.signed);
    expect(await verify(log, { heads: [kept] })).toMatchObject({
      events: EVENTS,
      hash: kept.hash,
      links: 6,
      broken: undefined,
    });
    expect(await verify(log, { after: 220 })).toMatchObject({ events: EVENTS, hash: kept.hash, links: 2 });
  });

  it('goes on where it was when another process follows', async () => {
    await log.store.append('order-new', [testEvent(), testEvent()], 'no-stream');
    await follow(log, EVENTS + 2);
    kept = (await log.kept.read(log.identity)) as SignedHead;
    expect(kept.events).toBe(EVENTS + 2);
    expect((await verify(log, { heads: [kept] }))?.broken).toBeUndefined();
  });

  const ALL = EVENTS + 2;
  const forgedLinks = `update chain.links set hash = md5(hash) || md5(hash)`;
  it.each<[string, string, object]>([
    ['data', `update log.events set data = '{"n":0,"forged":true}' where position = 120`, { after: 100, upTo: 150 }],
    ['metadata', `update log.events set metadata = '{}' where position = 50`, { after: 0, upTo: 50 }],
    [
      'the type of an event after the last link',
      `update log.events set type = 'Forged' where position = 310`,
      { after: 300, upTo: ALL },
    ],
    [
      'the order of two events',
      `update log.events set position = -201 where position = 201; update log.events set position = 201 where position = 202;
       update log.events set position = 202 where position = -201`,
      { after: 200, upTo: 250 },
    ],
    ['an event removed in the middle', 'delete from log.events where position = 77', { after: 50, upTo: 100 }],
    [
      'a link',
      `${forgedLinks} where events = 200`,
      { after: 150, upTo: 200, why: expect.stringMatching(/link after 200 .*changed; the events hold/) },
    ],
    ['the hash of the head', `update chain.heads set hash = md5(hash) || md5(hash)`, { after: 300, upTo: ALL }],
    [
      'the signature',
      `update chain.heads set signed = jsonb_set(signed::jsonb, '{signature}', '"Zm9yZ2Vk"')`,
      { upTo: ALL, why: expect.stringMatching(/not signed with this shop/) },
    ],
    [
      'the end of the log',
      `delete from log.events where position > 325; update log.head set position = 325`,
      { after: 325, upTo: ALL, why: expect.stringMatching(/ends after 325 events/) },
    ],
  ])('breaks where %s was changed, and names the range', async (_what, change, expected) => {
    await sql(
      'create schema kept; create table kept.events as table log.events; create table kept.head as table log.head',
    );
    await sql('create table kept.links as table chain.links; create table kept.heads as table chain.heads');
    try {
      await sql(change);
      const found = await verify(log);
      expect(found?.broken).toMatchObject(expected);
    } finally {
      for (const [schema, table] of [
        ['log', 'events'],
        ['log', 'head'],
        ['chain', 'links'],
        ['chain', 'heads'],
      ])
        await sql(`truncate ${schema}.${table}; insert into ${schema}.${table} select * from kept.${table}`);
      await sql('drop schema kept cascade');
    }
    expect((await verify(log))?.broken).toBeUndefined();
  });

  it('names streams and positions of the range', async () => {
    const { rows } = await sql(
      'select distinct stream_id as stream from log.events where position between 101 and 150',
    );
    await sql(`update log.events set type = 'Forged' where position = 120`);
    const broken = (await verify(log))?.broken;
    await sql(`update log.events set type = 'ItemAdded' where position = 120`);
    expect([broken?.first, broken?.last].map(Number)).toEqual([101, 150]);
    expect([...(broken?.streams ?? [])].sort()).toEqual(
      rows
        .map(({ stream }) => stream)
        .sort()
        .slice(0, 20),
    );
  });

  it('is found out by the head kept elsewhere where log, links and head were all rewritten', async () => {
    await sql(`update log.events set data = '{"n":0,"forged":true}' where position = 120`);
    await sql('truncate chain.links, chain.heads');
    await follow({ ...log, kept: (await keptHeadIn(await mkdtemp(join(folder, 'other-')))) as KeptHead }, ALL);
    expect((await verify(log))?.broken).toBeUndefined();
    expect((await verify(log, { heads: [kept] }))?.broken).toMatchObject({
      after: 0,
      upTo: ALL,
      why: expect.stringMatching(/the head given/),
    });
    // Nor does the follower go on over it, in whichever of the two it lies ahead.
    const refused = () => expect(followChain({ ...atOnce, ...log, signal: never })).rejects.toThrow(ChainBroken);
    await refused();
    await sql('truncate chain.links, chain.heads');
    await refused();
    expect(JSON.parse(await readFile(log.kept.path, 'utf8'))).toEqual(kept);
  });

  it('begins another chain, and puts the kept head aside, where the log was declared restored', async () => {
    const restored = { ...log, identity: { ...log.identity, epoch: 2 } };
    await log.kept.write(signer.sign({ ...restored.identity, head: null, events: 1, hash: kept.hash }));
    expect(await log.kept.read(log.identity)).toEqual(kept);
    expect(await linksOf(test.database, restored.identity).head()).toBeUndefined();
    await writeFile(log.kept.path, '{}');
    await expect(log.kept.read(log.identity)).rejects.toThrow(/no signed head/);
  });
});

describe('on EventStoreDB', () => {
  let server: EventStoreServer;
  let log: Followed;
  beforeAll(async () => {
    server = await openEventStoreServer();
    log = await followed(await createEventStoreDbStore({ url: server.url, logger }));
  });
  afterAll(async () => {
    await log.store.close();
    await server.close();
  });

  it('is followed while events come, and has the hash that the same events have on Postgres', async () => {
    for (let n = 0; n < 3; n += 1) await log.store.append(`order-${n}`, [testEvent(), testEvent()], 'no-stream');
    const events = await log.store.readAll({ after: null });
    await follow(log, events.events.length);
    const checked = await verify(log, { heads: [(await log.kept.read(log.identity)) as SignedHead] });
    expect(checked).toMatchObject({ events: events.events.length, broken: undefined });
    const copy = await createTestDatabase();
    const store = await createPostgresEventStore({ url: copy.url, logger });
    for (const { stream, revision, ...event } of events.events) {
      await store.append(stream, [event], revision === 0 ? 'no-stream' : revision - 1);
    }
    const there = await followed(store);
    expect(await verify(there, { heads: [(await log.kept.read(log.identity)) as SignedHead] })).toMatchObject({
      hash: checked?.hash,
      broken: undefined,
    });
    await store.close();
    await copy.drop();
  });
});
