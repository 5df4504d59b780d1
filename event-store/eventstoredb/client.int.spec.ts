/** What is relied on of the client that is not public, and what it must not do to the process. */
import { type EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import streamsGrpc, { type StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { afterEach, expect, it } from '@jest/globals';
import { startEventStoreDbCluster } from '../testing/eventstoredb/cluster.ts';
import { closeClient, openClient } from './client.ts';

type Inside = {
  getGRPCClient(service: typeof StreamsClient, name: string): Promise<StreamsClient>;
  handleError(client: StreamsClient, error: Error): Promise<void>;
};

const clients: EventStoreDBClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map(closeClient));
});

/** A client that has just lost the last server of its cluster, and looks for another that there is not. */
async function searching(attempts: number) {
  const cluster = await startEventStoreDbCluster();
  const client = openClient(`${cluster.url}&maxDiscoverAttempts=${attempts}`);
  clients.push(client);
  const inside = client as unknown as Inside;
  const connection = await inside.getGRPCClient(streamsGrpc.StreamsClient, 'test');
  await inside.handleError(connection, new UnavailableError());
  await cluster.close();
  const search = inside.getGRPCClient(streamsGrpc.StreamsClient, 'test');
  return { client, inside, connection, search };
}

it('finds in the client what it takes from its inside: after an update that changes it, client.ts is to be looked at', () => {
  const client = openClient('esdb://127.0.0.1:1?tls=false');
  clients.push(client);
  const inside = client as unknown as Record<string, unknown>;
  for (const method of ['GRPCStreamCreator', 'getGRPCClient', 'callArguments', 'handleError']) {
    expect([method, typeof inside[method]]).toEqual([method, 'function']);
  }
  // Looked at without being asked for: that would begin a call.
  const { capabilities } = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(client));
  expect(typeof capabilities?.get).toBe('function');
  const service = streamsGrpc.StreamsClient.prototype as unknown as Record<string, unknown>;
  expect([typeof service.batchAppend, typeof service.read]).toEqual(['function', 'function']);
});

it('leaves a search that finds no server to whoever waits for it: what else is lost meanwhile must not end the process', async () => {
  const { inside, connection, search } = await searching(1);
  // As for a call that dies after another one had the search begun; the client waits for none of these.
  const lost = inside.handleError(connection, new UnavailableError());
  await expect(search).rejects.toThrow(/discover/);
  await expect(lost).resolves.toBeUndefined();
});

it('closes a client at once, also one that looks for a server', async () => {
  const { client, search } = await searching(20);
  const found = search.catch(() => 'searched to the end');
  expect(await Promise.race([closeClient(client).then(() => 'closed'), found])).toBe('closed');
  await found;
});
