/** One server of the double: what all of its calls share, and what each call is asked before it is served. */
import type { Metadata } from '@grpc/grpc-js';
import type { Connections } from './connections.ts';
import type { Denied, FaultState } from './faults.ts';
import type { Log } from './log.ts';
import { accessDenied, notLeader, type Refusal } from './statuses.ts';
import type { Writer } from './writer.ts';

export type Node = {
  readonly log: Log;
  readonly writer: Writer;
  readonly faults: FaultState;
  readonly connections: Connections;
  /** The server's clock, in milliseconds of Unix time. */
  now(): number;
  /** Bytes of event data that one append may carry. */
  readonly maxAppendBytes: number;
  /** How long an append may take, in milliseconds. */
  readonly writeTimeoutMs: number;
};

/** Why a call of this kind is not served here; undefined: it is. */
export function refusalOf(node: Node, kind: Exclude<Denied, 'all'>, metadata: Metadata): Refusal | undefined {
  const { leader } = node.faults;
  if (isDenied(node, kind)) return accessDenied();
  return leader && requiresLeader(metadata) ? notLeader(leader) : undefined;
}

export function isDenied({ faults }: Node, kind: Exclude<Denied, 'all'>): boolean {
  return faults.denied === 'all' || faults.denied === kind;
}

/** Without it a follower hands the call on to its leader, and nobody notices. */
export function requiresLeader(metadata: Metadata): boolean {
  return metadata.get('requires-leader').some((value) => String(value).toLowerCase() === 'true');
}
