/** Connections to the server by its own client, and the little of it that the client keeps to itself. */
import { EventStoreDBClient, UnavailableError } from '@eventstore/db-client';
import streamsGrpc, { type StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { LogUnavailable } from '../port.ts';

export type AppendCall = ReturnType<StreamsClient['batchAppend']>;
export type ReadCall = ReturnType<StreamsClient['read']>;

/** What of the client is not public: made for its own commands, which are methods of it. */
type Inside = {
  GRPCStreamCreator<Call extends AppendCall | ReadCall>(
    service: typeof StreamsClient,
    name: string,
    creator: (client: StreamsClient) => Call | Promise<Call>,
  ): () => Promise<Call>;
  getGRPCClient(service: typeof StreamsClient, name: string): Promise<StreamsClient>;
  callArguments(
    options: { readonly requiresLeader: boolean },
    call: { readonly deadline: number },
  ): Parameters<StreamsClient['batchAppend']>;
  handleError(client: StreamsClient, error: Error): Promise<void>;
  readonly capabilities: Promise<{ readonly serverVersion: string }>;
};

/** `leader`: whatever the connection string prefers, as for what must not be stale. */
export function openClient(url: string, node?: 'leader'): EventStoreDBClient {
  try {
    assertKnown(url);
    const preference = node === 'leader' ? `${url.includes('?') ? '&' : '?'}nodePreference=leader` : '';
    return tame(EventStoreDBClient.connectionString(url.replace(/\/+$/, '') + preference));
  } catch (error) {
    // What the client says quotes the string, and with it perhaps the password.
    const why = error instanceof Error ? error.message.replace(/^Unexpected ".*" at/s, 'at') : String(error);
    throw new LogUnavailable(
      `the address of EventStoreDB (EVENTSTORE_URL) cannot be used: ${why}; write it as ` +
        'esdb://user:password@host:2113?tls=true, or esdb+discover:// for a cluster',
    );
  }
}

const OPTIONS = new Set(
  (
    'connectionName defaultDeadline discoveryInterval gossipTimeout keepAliveInterval keepAliveTimeout ' +
    'maxDiscoverAttempts nodePreference throwOnAppendFailure tls tlsCAFile userCertFile userKeyFile'
  )
    .toLowerCase()
    .split(' '),
);

/** The client would go on without an option it does not know, and print the whole string with the password. */
function assertKnown(url: string): void {
  for (const [, key = ''] of url.matchAll(/[?&]([^=&?]+)=/g)) {
    if (!OPTIONS.has(key.trim().toLowerCase().replace(/[_-]/g, ''))) throw new Error(`it has no option ${key}`);
  }
}

/**
 * When a call is lost the client looks whether another one has begun a search for a server meanwhile, and nobody waits for
 * that look: a search that finds none would end the process. Its failure is told to whoever began it.
 */
function tame(client: EventStoreDBClient): EventStoreDBClient {
  const inside = insideOf(client);
  const handle = inside.handleError;
  inside.handleError = (grpc, error) => handle(grpc, error).catch(() => undefined);
  return client;
}

/** Ends what is under way, and the connection itself, which the client would leave open. */
export async function closeClient(client: EventStoreDBClient): Promise<void> {
  await client.dispose();
  // Not waited for: in a cluster without a leader the client looks for one first, for most of a minute, and where it
  // finds none there is nothing to close.
  void grpcClient(client)
    .then((connection) => connection.getChannel().close())
    .catch(() => undefined);
}

/**
 * Opens the call that carries appends. Rejects when there is no connection after `waitMs`: nothing was sent then. The
 * client looks for another node by itself when the call, or this, fails.
 */
export function openAppendCall(client: EventStoreDBClient, waitMs: number): Promise<AppendCall> {
  const inside = insideOf(client);
  return inside.GRPCStreamCreator(streamsGrpc.StreamsClient, 'append', async (grpc) => {
    try {
      await connected(grpc, waitMs);
    } catch (error) {
      await inside.handleError(grpc, new UnavailableError());
      throw error;
    }
    return grpc.batchAppend(...inside.callArguments({ requiresLeader: true }, { deadline: Number.POSITIVE_INFINITY }));
  })();
}

/** Opens a read that the leader answers; what becomes of it is told by its stream. */
export function openReadCall(client: EventStoreDBClient, request: ReadReq): Promise<ReadCall> {
  const inside = insideOf(client);
  return inside.GRPCStreamCreator(streamsGrpc.StreamsClient, 'read', (grpc) =>
    grpc.read(request, ...inside.callArguments({ requiresLeader: true }, { deadline: Number.POSITIVE_INFINITY })),
  )();
}

/** Where the client is connected to now, as `host:port`. */
export async function endpointOf(client: EventStoreDBClient): Promise<string> {
  return (await grpcClient(client))
    .getChannel()
    .getTarget()
    .replace(/^[a-z]+:/, '');
}

/** As the server tells it over gRPC. */
export async function serverVersion(client: EventStoreDBClient): Promise<string> {
  return (await insideOf(client).capabilities).serverVersion;
}

function insideOf(client: EventStoreDBClient): Inside {
  return client as unknown as Inside;
}

function grpcClient(client: EventStoreDBClient): Promise<StreamsClient> {
  return insideOf(client).getGRPCClient(streamsGrpc.StreamsClient, 'channel');
}

function connected(client: StreamsClient, waitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + waitMs, (error) => (error ? reject(error) : resolve()));
  });
}
