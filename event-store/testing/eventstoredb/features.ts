/** What a server of this version says it can do; the client asks before its first append. */

import type featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import messages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { afterDelay } from './faults.ts';
import type { Node } from './node.ts';

export const SERVER_VERSION = '23.10.6';

/** Methods by service; behind the colon what the method can do. In lower case, as a server of this version says it. */
const METHODS: Readonly<Record<string, string>> = {
  'event_store.client.redaction.redaction': 'geteventpositions switchchunks',
  'event_store.client.persistent_subscriptions.persistentsubscriptions':
    'create:stream,all update:stream,all delete:stream,all read:stream,all getinfo:stream,all replayparked:stream,all list:stream,all restartsubsystem:stream,all',
  'event_store.client.users.users': 'create update delete disable enable details changepassword resetpassword',
  'event_store.client.streams.streams': 'read:position,events append delete tombstone batchappend:deadline_duration',
  'event_store.client.operations.operations':
    'startscavenge stopscavenge shutdown mergeindexes resignnode setnodepriority restartpersistentsubscriptions',
  'event_store.client.gossip.gossip': 'read',
  'event_store.client.monitoring.monitoring': 'stats',
  'event_store.client.server_features.serverfeatures': 'getsupportedmethods',
};

export function serveFeatures(node: Node): handleUnaryCall<sharedPb.Empty, featuresPb.SupportedMethods> {
  const supported = new messages.SupportedMethods().setEventStoreServerVersion(SERVER_VERSION);
  for (const [service, methods] of Object.entries(METHODS)) {
    for (const method of methods.split(' ')) {
      const [name = '', features] = method.split(':');
      supported.addMethods(
        new messages.SupportedMethod()
          .setServiceName(service)
          .setMethodName(name)
          .setFeaturesList(features?.split(',') ?? []),
      );
    }
  }
  return (_, answer) => afterDelay(node.faults, () => answer(null, supported));
}
