/** Rules of checkpoints: a filtered subscription is told how far the search came, by pages and by counts. */
import { type EventStoreDBClient, eventTypeFilter, type Position } from '@eventstore/db-client';
import { expect, it } from '@jest/globals';
import { until } from '../../../../platform/testing/until.ts';
import { headOf, newEvent, newStream, type Subject } from './subject.ts';

type Search = { readonly from: Position; readonly type: string; readonly interval: number; readonly window?: number };

/** What a filtered subscription says, in order: an event's place, or a checkpoint; up to its being live, then further. */
function search(client: EventStoreDBClient, { from, type, interval, window }: Search) {
  const checkpoints: Position[] = [];
  const subscription = client.subscribeToAll({
    fromPosition: from,
    filter: eventTypeFilter({
      prefixes: [type],
      checkpointInterval: interval,
      ...(window && { maxSearchWindow: window }),
      checkpointReached: async (_, place) => {
        checkpoints.push(place);
      },
    }),
  });
  let events = 0;
  subscription.on('data', () => {
    events += 1;
  });
  const caughtUp = new Promise<void>((resolve) => subscription.once('caughtUp', () => resolve()));
  return { subscription, checkpoints, caughtUp, events: () => events };
}

export function checkpointRules(subject: () => Subject): void {
  /** 100 events after a place: every tenth of the type. */
  const written = async () => {
    const { client } = subject();
    const from = await headOf(client);
    const type = `Type${newStream()}`;
    const events = Array.from({ length: 100 }, (_, n) => newEvent({ n }, n % 10 === 0 ? type : 'Other'));
    await client.appendToStream(newStream(), events);
    const places: bigint[] = [];
    for await (const { event } of client.readAll({ fromPosition: from })) {
      if (event && event.position.commit > from.commit) places.push(event.position.commit);
    }
    return { client, from, type, places };
  };

  it('come after as many events as interval and window say, at the ends of pages, and none for the last page', async () => {
    const { client, from, type, places } = await written();
    const counts: Readonly<Record<string, number>> = { '1': 3, '2': 1, '4': 0 };
    for (const [interval, count] of Object.entries(counts)) {
      const found = search(client, { from, type, interval: Number(interval) });
      await found.caughtUp;
      expect(found.events()).toBe(10);
      expect(found.checkpoints).toHaveLength(count);
      await found.subscription.unsubscribe();
    }
    const each = search(client, { from, type, interval: 1, window: 1 });
    await each.caughtUp;
    expect(each.checkpoints).toHaveLength(100);
    // A page that matched says its last match; one that did not says where it began, which is the page's own event.
    expect(each.checkpoints.map(({ commit }) => commit)).toEqual(places);
    expect(each.checkpoints.map(({ commit, prepare }) => commit === prepare)).toEqual(
      places.map((_, n) => n % 10 === 0),
    );
    await each.subscription.unsubscribe();
  });

  it('say the last match of a page', async () => {
    const { client, from, type, places } = await written();
    const found = search(client, { from, type, interval: 1 });
    await found.caughtUp;
    expect(found.checkpoints.map(({ commit }) => commit)).toEqual([places[30], places[60], places[90]]);
    await found.subscription.unsubscribe();
  });

  it('are places to go on from', async () => {
    const { client, from, type } = await written();
    const each = search(client, { from, type, interval: 1, window: 1 });
    await each.caughtUp;
    await each.subscription.unsubscribe();
    for (const [n, matches] of [
      [0, 9],
      [1, 9],
      [9, 9],
      [10, 8],
      [99, 0],
    ] as const) {
      const on = search(client, { from: each.checkpoints[n] as Position, type, interval: 1 });
      await on.caughtUp;
      expect(on.events()).toBe(matches);
      await on.subscription.unsubscribe();
    }
  });

  it('go on by count when live, whether events match or not', async () => {
    const { client, from, type } = await written();
    const found = search(client, { from, type, interval: 1 });
    await found.caughtUp;
    // Four events of the last page are counted already.
    for (let n = 0; n < 27; n += 1) await client.appendToStream(newStream(), newEvent());
    const { position: last } = await client.appendToStream(newStream(), newEvent());
    await until(() => found.checkpoints.length >= 4);
    expect(found.checkpoints[3]).toEqual(last);
    expect(found.events()).toBe(10);
    await found.subscription.unsubscribe();
  });
}
