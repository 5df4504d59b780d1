/** One server of the double: its socket, its services, its faults, on a log that others may share. */
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
  /** Milliseconds until an append is answered that was dropped because the same one was in flight; 2,500 unless said. */
  readonly commitTimeoutMs?: number;
};

/** What the servers of one cluster have in common; a server without it is alone, and leads. */
export type Shared = { readonly log: Log; members(): readonly Member[] };

export type Started = { readonly double: EventStoreDbDouble; readonly state: FaultState; readonly id: string };

const MAX_APPEND_BYTES = 1_048_576;
/** How long a server lets an append take, whatever the client's deadline. */
const WRITE_TIMEOUT_MS = 2_000;
/** A dropped append is noticed by a check each second. */
const COMMIT_TIMEOUT_MS = 2_500;

export async function startServer(options: DoubleOptions, shared?: Shared): Promise<Started> {
  const state = createFaultState();
  const now = () => Date.now() + state.clockOffsetMs;
  const log = shared?.log ?? createLog(now);
  const server = new Server({ 'grpc.max_receive_message_length': 17 * 1024 * 1024 });
  const connections = createConnections(server.createConnectionInjector(ServerCredentials.createInsecure()), state);
  const node: Node = {
    log,
    writer: createWriter(log, state, options.commitTimeoutMs ?? COMMIT_TIMEOUT_MS),
    faults: state,
    connections,
    now,
    maxAppendBytes: options.maxAppendBytes ?? MAX_APPEND_BYTES,
    writeTimeoutMs: WRITE_TIMEOUT_MS,
  };
  const port = await connections.listen(options.port ?? 0);
  const id = randomUUID();
  const alone = () => [{ id, host: '127.0.0.1', port, leads: true, alive: true }];
  addServices(server, node, shared?.members ?? alone);
  const double: EventStoreDbDouble = {
    url: `esdb://127.0.0.1:${port}?tls=false`,
    port,
    faults: createFaults(state, connections),
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
  return { double, state, id };
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
