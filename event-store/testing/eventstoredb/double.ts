/**
 * A double of EventStoreDB 23.10 for tests: the same gRPC calls over a real socket, kept in memory, with faults on demand.
 * A test instrument: no product path uses it, and nothing of it is kept when its process ends.
 */
import { randomUUID } from 'node:crypto';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { serveAppend } from './append.ts';
import { serveBatchAppend } from './batch-append.ts';
import { createConnections } from './connections.ts';
import { serveDelete, serveTombstone } from './delete.ts';
import { createFaultState, createFaults, type FaultState, type Faults } from './faults.ts';
import { serveFeatures } from './features.ts';
import { type Member, serveGossip } from './gossip.ts';
import { createLog, type Log } from './log.ts';
import type { Node } from './node.ts';
import { serveRead } from './read.ts';
import { createWriter } from './writer.ts';

export type EventStoreDbDouble = {
  /** `esdb://127.0.0.1:<port>?tls=false` */
  readonly url: string;
  readonly port: number;
  readonly faults: Faults;
  /** As kill -9: every connection is cut at once and new ones are refused; the log stays. */
  stop(): Promise<void>;
  /** Again, on the same port, with the same log. */
  start(): Promise<void>;
  close(): Promise<void>;
};

export type DoubleOptions = {
  /** 0 or none: a free one. */
  readonly port?: number;
  /** Bytes of event data that one append may carry; a real server's limit unless said. */
  readonly maxAppendBytes?: number;
  /** Milliseconds until an append is answered that was dropped because the same one was in flight. */
  readonly commitTimeoutMs?: number;
};

const MAX_APPEND_BYTES = 1_048_576;
/** How long a server lets an append take, whatever the client's deadline. */
const WRITE_TIMEOUT_MS = 2_000;
/** A dropped append is noticed by a check each second. */
const COMMIT_TIMEOUT_MS = 2_500;

export async function startEventStoreDbDouble(options: DoubleOptions = {}): Promise<EventStoreDbDouble> {
  const faults = createFaultState();
  const now = () => Date.now() + faults.clockOffsetMs;
  const log = createLog(now);
  const server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  const connections = createConnections(server.createConnectionInjector(ServerCredentials.createInsecure()), faults);
  const node: Node = {
    log,
    writer: createWriter(log, faults, options.commitTimeoutMs ?? COMMIT_TIMEOUT_MS),
    faults,
    connections,
    now,
    maxAppendBytes: options.maxAppendBytes ?? MAX_APPEND_BYTES,
    writeTimeoutMs: WRITE_TIMEOUT_MS,
  };
  const port = await connections.listen(options.port ?? 0);
  const id = randomUUID();
  addServices(server, node, () => [{ id, host: '127.0.0.1', port, leads: true, alive: true }]);
  return controlled({ server, node, port, log, faults });
}

function addServices(server: Server, node: Node, members: () => readonly Member[]): void {
  const read = {
    ...streamsGrpc.StreamsService.read,
    responseSerialize: (bytes: Uint8Array) => bytes as Buffer,
  };
  server.addService(
    { ...streamsGrpc.StreamsService, read },
    {
      read: serveRead(node),
      append: serveAppend(node),
      batchAppend: serveBatchAppend(node),
      delete: serveDelete(node),
      tombstone: serveTombstone(node),
    },
  );
  server.addService(featuresGrpc.ServerFeaturesService, { getSupportedMethods: serveFeatures(node) });
  server.addService(gossipGrpc.GossipService, { read: serveGossip(node, members) });
}

type Parts = {
  readonly server: Server;
  readonly node: Node;
  readonly port: number;
  readonly log: Log;
  readonly faults: FaultState;
};

function controlled({ server, node, port, log, faults }: Parts): EventStoreDbDouble {
  const { connections } = node;
  return {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    port,
    faults: createFaults(faults, connections),
    async stop() {
      await connections.stop();
      log.forgetRecent();
    },
    async start() {
      await connections.listen(port);
    },
    async close() {
      await connections.stop();
      server.forceShutdown();
    },
  };
}
