/** BatchAppend: one long call that carries many appends, each answered by its own message; the client's usual way. */
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import statusPb from '@eventstore/db-client/generated/status_pb.js';
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { expectedVersion, heardAfterWrite, heardBeforeWrite } from './append.ts';
import type { ExpectedVersion } from './commit-check.ts';
import { streamIdentifier } from './encode-event.ts';
import { afterDelay } from './faults.ts';
import type { ProposedEvent } from './log.ts';
import { isDenied, type Node, requiresLeader } from './node.ts';
import { proposedEvent, readUuid, streamName } from './proposed.ts';
import { notLeader } from './statuses.ts';
import type { AppendOutcome } from './writer.ts';

type Call = ServerDuplexStream<streamsPb.BatchAppendReq, streamsPb.BatchAppendResp>;

/** An append whose messages have not all come yet. */
type Pending = {
  readonly options: streamsPb.BatchAppendReq.Options;
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: ProposedEvent[];
  readonly timer: NodeJS.Timeout;
  bytes: number;
};

export function serveBatchAppend(node: Node) {
  return (call: Call) => {
    const pending = new Map<string, Pending>();
    let unanswered = 0;
    let ended = false;
    const endWhenAnswered = () => {
      if (ended && unanswered === 0) call.end();
    };
    const answer = (response: streamsPb.BatchAppendResp) => {
      unanswered -= 1;
      if (!call.cancelled) call.write(response);
      endWhenAnswered();
    };
    call.on('data', (request: streamsPb.BatchAppendReq) => {
      afterDelay(node.faults, () => {
        try {
          const append = receive({ node, call, pending }, request);
          if (!append) return;
          unanswered += 1;
          write({ node, call, append, request, answer });
        } catch (error) {
          const details = error instanceof Error ? error.message : String(error);
          reply(call, request, badRequest(details));
        }
      });
    });
    const forget = () => {
      for (const { timer } of pending.values()) clearTimeout(timer);
      pending.clear();
    };
    call.on('cancelled', forget);
    call.on('end', () => {
      ended = true;
      forget();
      endWhenAnswered();
    });
  };
}

type Receiving = { readonly node: Node; readonly call: Call; readonly pending: Map<string, Pending> };

/** Adds what came; gives back the append once it is whole. @throws Error: the request is bad, the call goes on */
function receive({ node, call, pending }: Receiving, request: streamsPb.BatchAppendReq): Pending | undefined {
  const id = readUuid(request.getCorrelationId());
  const options = request.getOptions();
  if (options) {
    if (isDenied(node, 'appends')) return reply(call, request, accessDenied());
    const stream = streamName(options.getStreamIdentifier());
    const left = timeLeft(node, options);
    if (left <= 0) return reply(call, request, timeout());
    const expected = expectedVersion(options, options.hasStreamPosition() ? options.getStreamPosition() : undefined);
    if (expected === undefined) throw new Error("'None' is not a valid expected stream position");
    if (!pending.has(id)) {
      const timer = setTimeout(() => pending.delete(id) && reply(call, request, timeout()), left);
      pending.set(id, { options, stream, expected, events: [], timer, bytes: 0 });
    }
  }
  const append = pending.get(id);
  if (!append) return undefined;
  for (const wire of request.getProposedMessagesList()) {
    const event = proposedEvent(wire);
    append.events.push(event);
    append.bytes += event.data.length;
  }
  if (append.bytes > node.maxAppendBytes) {
    discard(pending, id, append);
    return reply(call, request, tooLarge(node.maxAppendBytes));
  }
  if (!request.getIsFinal()) return undefined;
  discard(pending, id, append);
  return append;
}

function discard(pending: Map<string, Pending>, id: string, { timer }: Pending): void {
  clearTimeout(timer);
  pending.delete(id);
}

/** The client says until when, by its clock; the server compares with its own. */
function timeLeft({ now, writeTimeoutMs }: Node, options: streamsPb.BatchAppendReq.Options): number {
  const deadline = options.getDeadline();
  return deadline ? Math.min(deadline.toDate().getTime() - now(), writeTimeoutMs) : writeTimeoutMs;
}

type Write = {
  readonly node: Node;
  readonly call: Call;
  readonly append: Pending;
  readonly request: streamsPb.BatchAppendReq;
  readonly answer: (response: streamsPb.BatchAppendResp) => void;
};

function write({ node, call, append, request, answer }: Write): void {
  const peer = call.getPeer();
  const { leader } = node.faults;
  if (leader && requiresLeader(call.metadata)) {
    call.emit('error', notLeader(leader));
    return;
  }
  if (!heardBeforeWrite(node, peer)) return;
  node.writer.write(
    (log) => log.append(append.stream, append.expected, append.events),
    (outcome) => {
      if (!heardAfterWrite(node, peer)) return;
      const response = new messages.BatchAppendResp();
      response.setCorrelationId(request.getCorrelationId());
      response.setStreamIdentifier(streamIdentifier(append.stream));
      if (outcome.kind === 'success') response.setSuccess(success(outcome));
      else response.setError(failure(outcome, append));
      answer(response);
    },
  );
}

function reply(call: Call, request: streamsPb.BatchAppendReq, error: statusPb.Status): undefined {
  if (call.cancelled) return;
  const response = new messages.BatchAppendResp().setError(error).setCorrelationId(request.getCorrelationId());
  response.setStreamIdentifier(request.getOptions()?.getStreamIdentifier());
  call.write(response);
}

function success({ revision, position }: Extract<AppendOutcome, { kind: 'success' }>) {
  const made = new messages.BatchAppendResp.Success();
  if (revision === -1) made.setNoStream(new emptyPb.Empty());
  else made.setCurrentRevision(String(revision));
  const at = String(position);
  if (position === null) made.setNoPosition(new emptyPb.Empty());
  else made.setPosition(new sharedPb.AllStreamPosition().setCommitPosition(at).setPreparePosition(at));
  return made;
}

function failure(outcome: Exclude<AppendOutcome, { kind: 'success' }>, { options, stream }: Pending) {
  switch (outcome.kind) {
    case 'stream-deleted':
      return streamDeleted(stream);
    case 'timeout':
      return timeout();
    case 'wrong-expected-version':
      return wrongExpectedVersion(outcome.actual, options);
  }
}

type Detail = { serializeBinary(): Uint8Array };

/** @param name of the message that says more, without its package; it is the status's message too */
function failed(code: status, name: string, detail: Detail): statusPb.Status {
  const details = new anyPb.Any();
  details.pack(detail.serializeBinary(), `event_store.client.${name}`);
  return new statusPb.Status()
    .setCode(code as number)
    .setMessage(name)
    .setDetails(details);
}

const timeout = () => failed(status.DEADLINE_EXCEEDED, 'Timeout', new sharedPb.Timeout());

const accessDenied = () => failed(status.PERMISSION_DENIED, 'AccessDenied', new sharedPb.AccessDenied());

const badRequest = (why: string) =>
  failed(status.INVALID_ARGUMENT, 'BadRequest', new sharedPb.BadRequest().setMessage(why));

const streamDeleted = (stream: string) =>
  failed(status.NOT_FOUND, 'StreamDeleted', new sharedPb.StreamDeleted().setStreamIdentifier(streamIdentifier(stream)));

const tooLarge = (bytes: number) =>
  failed(
    status.INVALID_ARGUMENT,
    'MaximumAppendSizeExceeded',
    new sharedPb.MaximumAppendSizeExceeded().setMaxappendsize(bytes),
  );

function wrongExpectedVersion(actual: number, options: streamsPb.BatchAppendReq.Options): statusPb.Status {
  const wrong = new sharedPb.WrongExpectedVersion();
  if (actual === -1) wrong.setCurrentNoStream(new emptyPb.Empty());
  else wrong.setCurrentStreamRevision(String(actual));
  if (options.hasAny()) wrong.setExpectedAny(new emptyPb.Empty());
  if (options.hasNoStream()) wrong.setExpectedNoStream(new emptyPb.Empty());
  if (options.hasStreamExists()) wrong.setExpectedStreamExists(new emptyPb.Empty());
  if (options.hasStreamPosition()) wrong.setExpectedStreamPosition(options.getStreamPosition());
  return failed(status.ALREADY_EXISTS, 'WrongExpectedVersion', wrong);
}
