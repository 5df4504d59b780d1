/** Delete and Tombstone: a stream is hidden, or ended for good; what it held stays in the log. */
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { expectedVersion } from './append.ts';
import type { ExpectedVersion } from './commit-check.ts';
import { afterDelay } from './faults.ts';
import type { Appended, Log } from './log.ts';
import { type Node, refusalOf } from './node.ts';
import { streamName } from './proposed.ts';
import { handlerFailed, Refused, streamDeleted, timedOut, wrongExpectedVersion } from './statuses.ts';

type Change = (log: Log, stream: string, expected: ExpectedVersion) => Appended;

export function serveDelete(node: Node): handleUnaryCall<streamsPb.DeleteReq, streamsPb.DeleteResp> {
  return (call, answer) => {
    const place = (at: string) => new messages.DeleteResp.Position().setCommitPosition(at).setPreparePosition(at);
    serve(node, call, {
      change: (log, stream, expected) => log.softDelete(stream, expected),
      refuse: answer,
      answer: (at) => answer(null, new messages.DeleteResp().setPosition(place(at))),
    });
  };
}

export function serveTombstone(node: Node): handleUnaryCall<streamsPb.TombstoneReq, streamsPb.TombstoneResp> {
  return (call, answer) => {
    const place = (at: string) => new messages.TombstoneResp.Position().setCommitPosition(at).setPreparePosition(at);
    serve(node, call, {
      change: (log, stream, expected) => log.tombstone(stream, expected),
      refuse: answer,
      answer: (at) => answer(null, new messages.TombstoneResp().setPosition(place(at))),
    });
  };
}

type Deletion = {
  readonly change: Change;
  readonly refuse: sendUnaryData<never>;
  readonly answer: (position: string) => void;
};

type Call = ServerUnaryCall<streamsPb.DeleteReq | streamsPb.TombstoneReq, unknown>;

function serve(node: Node, call: Call, { change, refuse, answer }: Deletion): void {
  afterDelay(node.faults, () => {
    try {
      const { stream, expected } = read(node, call);
      node.writer.write(
        (log) => change(log, stream, expected),
        (outcome) => {
          if (outcome.kind === 'success') answer(String(outcome.position));
          else if (outcome.kind === 'stream-deleted') refuse(streamDeleted(stream));
          else if (outcome.kind === 'timeout') refuse(timedOut('Commit phase timeout.'));
          else refuse(wrongExpectedVersion(stream, asNumber(expected), outcome.actual));
        },
      );
    } catch (error) {
      refuse(error instanceof Refused ? error.refusal : handlerFailed());
    }
  });
}

/** @throws Refused, or Error for what a server does not foresee */
function read(node: Node, call: Call): { readonly stream: string; readonly expected: ExpectedVersion } {
  const options = call.request.getOptions();
  const expected = options && expectedVersion(options, options.hasRevision() ? options.getRevision() : undefined);
  if (!options || expected === undefined) throw new Error('a deletion says what revision it expects');
  const refused = refusalOf(node, 'appends', call.metadata);
  if (refused) throw new Refused(refused);
  return { stream: streamName(options.getStreamIdentifier()), expected };
}

/** The numbers by which a server names the expectations that are no revision. */
function asNumber(expected: ExpectedVersion): number {
  if (expected === 'any') return -2;
  return expected === 'exists' ? -4 : expected;
}
