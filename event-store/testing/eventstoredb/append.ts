/** Append: the call of one append, as the client makes it where credentials are given with it. */
import type sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import sharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import type { ExpectedVersion } from './commit-check.ts';
import { afterDelay } from './faults.ts';
import type { ProposedEvent } from './log.ts';
import { type Node, refusalOf } from './node.ts';
import { proposedEvent, streamName } from './proposed.ts';
import {
  appendTooLarge,
  handlerFailed,
  invalidArgument,
  metadataMissing,
  Refused,
  streamDeleted,
  timedOut,
} from './statuses.ts';
import type { AppendOutcome } from './writer.ts';

type Call = ServerReadableStream<streamsPb.AppendReq, streamsPb.AppendResp>;

export function serveAppend(node: Node) {
  return (call: Call, answer: sendUnaryData<streamsPb.AppendResp>) => {
    const requests: streamsPb.AppendReq[] = [];
    call.on('data', (request: streamsPb.AppendReq) => requests.push(request));
    call.on('end', () => {
      afterDelay(node.faults, () => {
        try {
          append(node, call, { ...read(node, requests, call), answer });
        } catch (error) {
          answer(error instanceof Refused ? error.refusal : handlerFailed());
        }
      });
    });
  };
}

type Append = {
  readonly options: streamsPb.AppendReq.Options;
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly ProposedEvent[];
  readonly answer: sendUnaryData<streamsPb.AppendResp>;
};

/** @throws Refused, or Error for what a server does not foresee */
function read(node: Node, requests: readonly streamsPb.AppendReq[], call: Call): Omit<Append, 'answer'> {
  const options = requests[0]?.getOptions();
  if (!options) throw new Error('an append begins with its options');
  const expected = expectedVersion(options, options.hasRevision() ? options.getRevision() : undefined);
  if (expected === undefined) throw new Refused(invalidArgument("'None' is not a valid expected revision"));
  const refused = refusalOf(node, 'appends', call.metadata);
  if (refused) throw new Refused(refused);
  const events: ProposedEvent[] = [];
  let bytes = 0;
  for (const request of requests.slice(1)) {
    const message = request.getProposedMessage();
    if (!message) throw new Error('options come once');
    for (const property of ['type', 'content-type']) {
      if (!message.getMetadataMap().has(property)) throw new Refused(metadataMissing(property));
    }
    bytes += message.getData_asU8().length;
    if (bytes > node.maxAppendBytes) throw new Refused(appendTooLarge(node.maxAppendBytes));
    events.push(proposedEvent(message));
  }
  return { options, stream: streamName(options.getStreamIdentifier()), expected, events };
}

function append(node: Node, call: Call, { options, stream, expected, events, answer }: Append): void {
  const peer = call.getPeer();
  if (!heardBeforeWrite(node, peer)) return;
  node.writer.write(
    (log) => log.append(stream, expected, events),
    (outcome) => {
      if (!heardAfterWrite(node, peer)) return;
      if (outcome.kind === 'stream-deleted') answer(streamDeleted(stream));
      else if (outcome.kind === 'timeout') answer(timedOut('Commit phase timeout.'));
      else answer(null, response(outcome, options));
    },
  );
}

/** Whether the append gets as far as being written: its connection may be cut first. */
export function heardBeforeWrite({ faults, connections }: Node, peer: string): boolean {
  if (connections.isCut(peer)) return false;
  if (faults.cutBeforeWrite === 0) return true;
  faults.cutBeforeWrite -= 1;
  connections.cut(peer);
  return false;
}

/** Whether the answer gets through: the connection may be cut after the write. */
export function heardAfterWrite({ faults, connections }: Node, peer: string): boolean {
  if (connections.isCut(peer)) return false;
  if (faults.cutAfterWrite === 0) return true;
  faults.cutAfterWrite -= 1;
  connections.cut(peer);
  return false;
}

type ExpectedOneOf = { hasAny(): boolean; hasNoStream(): boolean; hasStreamExists(): boolean };

/** @param revision what the request says as a revision, if it does */
export function expectedVersion(options: ExpectedOneOf, revision: string | undefined): ExpectedVersion | undefined {
  if (revision !== undefined) return Number(revision);
  if (options.hasAny()) return 'any';
  if (options.hasNoStream()) return -1;
  return options.hasStreamExists() ? 'exists' : undefined;
}

type Answered = Extract<AppendOutcome, { kind: 'success' | 'wrong-expected-version' }>;

function response(outcome: Answered, options: streamsPb.AppendReq.Options): streamsPb.AppendResp {
  const empty = (): sharedPb.Empty => new sharedMessages.Empty();
  if (outcome.kind === 'success') {
    const success = new messages.AppendResp.Success();
    if (outcome.revision === -1) success.setNoStream(empty());
    else success.setCurrentRevision(String(outcome.revision));
    const at = String(outcome.position);
    if (outcome.position === null) success.setNoPosition(empty());
    else success.setPosition(new messages.AppendResp.Position().setCommitPosition(at).setPreparePosition(at));
    return new messages.AppendResp().setSuccess(success);
  }
  const wrong = new messages.AppendResp.WrongExpectedVersion();
  if (options.hasAny()) wrong.setExpectedAny(empty());
  if (options.hasStreamExists()) wrong.setExpectedStreamExists(empty());
  if (options.hasNoStream()) wrong.setExpectedNoStream(empty());
  if (options.hasRevision()) wrong.setExpectedRevision(options.getRevision());
  if (outcome.actual === -1) wrong.setCurrentNoStream(empty());
  else wrong.setCurrentRevision(String(outcome.actual));
  return new messages.AppendResp().setWrongExpectedVersion(wrong);
}
