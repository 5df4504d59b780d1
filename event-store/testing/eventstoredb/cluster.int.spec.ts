/** Doubles that pose as a cluster: discovery, the way to the leader, and a leader that is lost. */
import { EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type EventStoreDbCluster, startEventStoreDbCluster } from './cluster.ts';
import { newEvents, newStream, revisionsOf, withClient } from './contract/subject.ts';

let cluster: EventStoreDbCluster;
beforeEach(async () => {
  cluster = await startEventStoreDbCluster();
});
afterEach(() => cluster.close());

// Classic appends: batches of several clients would meet in the client's one map.
const CLASSIC = { credentials: { username: 'nobody', password: 'nothing' } };
const REQUIRED = { ...CLASSIC, requiresLeader: true };

it('is discovered: the client goes to the leader, wherever it is', async () => {
  for (const leader of cluster.nodes) {
    cluster.lead(leader);
    await withClient(cluster.url, async (client) => {
      await expect(client.appendToStream(newStream(), newEvents(1), REQUIRED)).resolves.toMatchObject({
        success: true,
      });
    });
  }
});

it('hands on what a follower is told, unless the leader is required: then it says where that is', async () => {
  const [leader, follower] = cluster.nodes;
  if (!leader || !follower) throw new Error('no cluster');
  await withClient(follower.url, async (client) => {
    const stream = newStream();
    await client.appendToStream(stream, newEvents(1), { ...CLASSIC, expectedRevision: NO_STREAM });
    expect(await revisionsOf(client, stream)).toEqual([0]);
    const refused = client.appendToStream(newStream(), newEvents(1), REQUIRED);
    await expect(refused).rejects.toMatchObject({ type: 'not-leader', leader: { port: leader.port } });
    // The refusal moved the client to the leader.
    await expect(client.appendToStream(newStream(), newEvents(1), REQUIRED)).resolves.toMatchObject({ success: true });
  });
});

it('goes on under another leader when the first is killed', async () => {
  const client = EventStoreDBClient.connectionString(cluster.url);
  const stream = newStream();
  await client.appendToStream(stream, newEvents(1), { ...REQUIRED, expectedRevision: NO_STREAM });
  const first = cluster.leader();
  await first.stop();
  expect(cluster.leader()).not.toBe(first);
  const events = newEvents(1);
  const again = () => client.appendToStream(stream, events, { ...REQUIRED, expectedRevision: 0n });
  await expect(again()).rejects.toMatchObject({ code: 14 });
  await expect(again()).resolves.toMatchObject({ nextExpectedRevision: 1n });
  await first.start();
  expect(await revisionsOf(client, stream)).toEqual([0, 1]);
  await client.dispose();
});
