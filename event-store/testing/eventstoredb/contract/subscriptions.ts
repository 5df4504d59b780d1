/** Rules of subscriptions: order, where they start, when they are live, checkpoints, and when they are dropped. */
import {
  type AllStreamSubscription,
  type EventStoreDBClient,
  type Position,
  streamNameFilter,
} from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import { until } from '../../../../platform/testing/until.ts';
import { headOf, newEvents, newStream, type Subject, withClient } from './subject.ts';

type Followed = {
  readonly subscription: AllStreamSubscription;
  readonly seen: { readonly place: bigint; readonly stream: string }[];
  readonly caughtUp: Promise<void>;
  readonly failed: Promise<Error>;
};

type Follow = { readonly from: Position; readonly filter?: ReturnType<typeof streamNameFilter> };

/** Follows the log after a place, and keeps what comes. */
function follow(client: EventStoreDBClient, { from, filter }: Follow): Followed {
  const subscription = client.subscribeToAll({ fromPosition: from, ...(filter && { filter }) });
  const seen: Followed['seen'] = [];
  const failed = new Promise<Error>((resolve) => subscription.on('error', resolve));
  const caughtUp = new Promise<void>((resolve) => subscription.once('caughtUp', () => resolve()));
  subscription.on('data', ({ event }) => {
    if (event) seen.push({ place: event.position.commit, stream: event.streamId });
  });
  return { subscription, seen, caughtUp, failed };
}

export function subscriptionRules(subject: () => Subject): void {
  it('gives history and what is written meanwhile in the order of places, without gap or repeat', async () => {
    const { client, url } = subject();
    const prefix = newStream();
    const from = await headOf(client);
    const write = async (name: string, count: number) => {
      const results = Array.from({ length: count }, (_, n) =>
        client.appendToStream(`${prefix}-${name}${n}`, newEvents(1)),
      );
      return (await Promise.all(results)).map((result) => result.position?.commit);
    };
    await withClient(url, async (reader) => {
      const history = await write('a', 60);
      const filter = streamNameFilter({ prefixes: [prefix], checkpointInterval: 100 });
      const followers = [follow(reader, { from }), follow(reader, { from, filter }), follow(reader, { from })];
      const places = [...history];
      for (const batch of ['b', 'c', 'd', 'e']) places.push(...(await write(batch, 12)));
      places.sort((a = 0n, b = 0n) => (a < b ? -1 : 1));
      const mine = ({ seen }: Followed) =>
        seen.filter(({ stream }) => stream.startsWith(prefix)).map(({ place }) => place);
      for (const follower of followers) {
        await until(() => mine(follower).length >= places.length);
        expect(mine(follower)).toEqual(places);
        await follower.subscription.unsubscribe();
      }
    });
  });

  it('goes on exactly behind the event it is told, also inside an append of many', async () => {
    const { client } = subject();
    const stream = newStream();
    await client.appendToStream(stream, newEvents(5));
    const places: Position[] = [];
    for await (const { event } of client.readStream(stream)) if (event?.position) places.push(event.position);
    const follower = follow(client, { from: places[1] as Position, filter: streamNameFilter({ prefixes: [stream] }) });
    await follower.caughtUp;
    expect(follower.seen.map(({ place }) => place)).toEqual(places.slice(2).map(({ commit }) => commit));
    await follower.subscription.unsubscribe();
  });

  it('refuses a place between two records, takes one behind the end, and starts at the end with nothing', async () => {
    const { client, url } = subject();
    await withClient(url, async (reader) => {
      const { position } = await client.appendToStream(newStream(), newEvents(2));
      const commit = position?.commit ?? 0n;
      const between = follow(reader, { from: { commit: commit - 1n, prepare: commit - 1n } });
      expect(await between.failed).toMatchObject({ type: 'unknown', code: 2 });
      const behind = follow(reader, { from: { commit: commit + 100_000n, prepare: commit + 100_000n } });
      await behind.caughtUp;
      expect(behind.seen).toEqual([]);
      const end = reader.subscribeToAll({ fromPosition: 'end' }).on('data', () => undefined);
      await new Promise((resolve) => end.once('caughtUp', () => resolve(undefined)));
      await Promise.all([behind.subscription.unsubscribe(), end.unsubscribe()]);
    });
  });

  it('says that it caught up once, and ends quietly when it is given up', async () => {
    const { client } = subject();
    const from = await headOf(client);
    const { subscription, caughtUp, seen } = follow(client, { from });
    let caught = 0;
    subscription.on('caughtUp', () => {
      caught += 1;
    });
    const confirmed = new Promise((resolve) => subscription.once('confirmation', () => resolve(undefined)));
    const ended = new Promise((resolve) => subscription.once('end', () => resolve('end')));
    await confirmed;
    await caughtUp;
    await client.appendToStream(newStream(), newEvents(2));
    await until(() => seen.length >= 2);
    expect(caught).toBe(1);
    await subscription.unsubscribe();
    expect(await ended).toBe('end');
  });

  describe('to one stream', () => {
    it('waits for a stream that is not there, goes on behind a revision, and fails when the stream is ended', async () => {
      const { client, url } = subject();
      await withClient(url, async (reader) => {
        const stream = newStream();
        const revisions: number[] = [];
        const subscription = reader
          .subscribeToStream(stream)
          .on('data', ({ event }) => revisions.push(Number(event?.revision)));
        const failed = new Promise((resolve) => subscription.on('error', resolve));
        await new Promise((resolve) => subscription.once('confirmation', () => resolve(undefined)));
        await client.appendToStream(stream, newEvents(3));
        await until(() => revisions.length >= 3);
        await client.appendToStream(stream, newEvents(1));
        await until(() => revisions.length >= 4);
        const later: number[] = [];
        const second = reader
          .subscribeToStream(stream, { fromRevision: 1n })
          .on('data', ({ event }) => later.push(Number(event?.revision)));
        await new Promise((resolve) => second.once('caughtUp', () => resolve(undefined)));
        expect(later).toEqual([2, 3]);
        await second.unsubscribe();
        await client.tombstoneStream(stream);
        expect(await failed).toMatchObject({ type: 'stream-deleted', streamName: stream });
        // The end of a stream is an event of it, too, and comes before the failure.
        expect(revisions).toEqual([0, 1, 2, 3, Number(2n ** 63n - 1n)]);
      });
    });
  });
}
