/** Gossip: which servers there are and which of them leads; discovery asks it. */
import type gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import messages from '@eventstore/db-client/generated/gossip_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { afterDelay, type Endpoint } from './faults.ts';
import type { Node } from './node.ts';

export type Member = Endpoint & { readonly id: string; readonly leads: boolean; readonly alive: boolean };

const FOLLOWER = 6;
const LEADER = 8;

export function serveGossip(
  node: Node,
  members: () => readonly Member[],
): handleUnaryCall<sharedPb.Empty, gossipPb.ClusterInfo> {
  return (_, answer) =>
    afterDelay(node.faults, () => {
      const info = new messages.ClusterInfo();
      for (const { host, port, id, leads, alive } of members()) {
        const member = new messages.MemberInfo()
          .setInstanceId(new sharedPb.UUID().setString(id))
          .setTimeStamp(String(BigInt(node.now()) * 10_000n))
          .setState(leads ? LEADER : FOLLOWER)
          .setIsAlive(alive);
        info.addMembers(member.setHttpEndPoint(new messages.EndPoint().setAddress(host).setPort(port)));
      }
      answer(null, info);
    });
}
