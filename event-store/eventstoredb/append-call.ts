/**
 * Appends over one long call, many at a time. The client's own way keeps what is under way in one map for the whole
 * process: an error of any client of it fails the appends of all, and an answer that comes late then ends the process.
 * It also sends an absolute deadline, which the server holds against its own clock. Here each call has a map of its own,
 * and the server its own time limit.
 */
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { Status } from '@eventstore/db-client/generated/status_pb.js';
import streams, { type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { newId } from '../../platform/ids.ts';
import type { EncodedEvent } from '../encode.ts';
import type { Position } from '../port.ts';
import type { AppendCall } from './client.ts';
import { positionOf } from './positions.ts';

export type WireEvent = Pick<EncodedEvent, 'id' | 'type' | 'dataText' | 'metadataText'>;

export type WireAppend = {
  readonly stream: string;
  readonly events: readonly WireEvent[];
  /** -1: there must be none. */
  readonly revision: number;
};

export type Answer =
  | { readonly kind: 'written'; readonly revision: number; readonly position: Position | undefined }
  | { readonly kind: 'elsewhere'; readonly actual: number }
  /** Not looked at: `why` says what the server was busy with. */
  | { readonly kind: 'not-handled'; readonly why: string }
  /** May be written or not; also what an append gets whose twin is under way. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'denied' | 'too-large' | 'deleted' }
  | { readonly kind: 'invalid'; readonly why: string };

export type Appends = {
  /** Rejects when the call breaks, or no answer comes in time: the append may be written or not. */
  send(append: WireAppend, answerMs: number): Promise<Answer>;
  /** True once nothing can be sent any more. */
  broken(): boolean;
  close(): void;
};

type Waiter = { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void };

/** Takes over the call. */
export function appendsOver(call: AppendCall): Appends {
  const waiting = new Map<number, Waiter>();
  // Unique for the server as a whole, by the first part of a fresh id; the last twelve digits count.
  const prefix = newId().slice(0, 24);
  let count = 0;
  let heard = 0;
  let broken = false;

  const breakOff = (error: unknown): void => {
    broken = true;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  call.on('data', (response: BatchAppendResp) => {
    heard += 1;
    const number = numberOf(response.getCorrelationId());
    // One that nobody waits for any more: its time was up.
    const waiter = waiting.get(number);
    waiting.delete(number);
    if (!waiter) return;
    try {
      waiter.resolve(answerIn(response));
    } catch (error) {
      waiter.reject(error);
    }
  });
  call.on('error', breakOff);
  call.on('end', () => breakOff(new Error('the server ended the call')));

  return {
    send: (append, answerMs) =>
      new Promise((resolve, reject) => {
        count += 1;
        const number = count;
        const heardBefore = heard;
        const timer = setTimeout(() => {
          waiting.delete(number);
          const late = new Error(`no answer within ${answerMs} ms`);
          reject(late);
          if (heard > heardBefore || broken) return;
          // Nothing at all came over it since: a call that stands still would be stood still on by all who come after.
          breakOff(late);
          call.cancel();
        }, answerMs);
        const settled =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer);
            settle(value);
          };
        waiting.set(number, { resolve: settled(resolve), reject: settled(reject) });
        call.write(requestOf(append, prefix + number.toString(16).padStart(12, '0')));
      }),
    broken: () => broken,
    close: () => call.cancel(),
  };
}

function requestOf({ stream, events, revision }: WireAppend, correlationId: string) {
  const options = new streams.BatchAppendReq.Options();
  options.setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)));
  if (revision < 0) options.setNoStream(new shared.Empty());
  else options.setStreamPosition(String(revision));
  return new streams.BatchAppendReq()
    .setCorrelationId(new shared.UUID().setString(correlationId))
    .setOptions(options)
    .setProposedMessagesList(events.map(messageOf))
    .setIsFinal(true);
}

function messageOf({ id, type, dataText, metadataText }: WireEvent) {
  const message = new streams.BatchAppendReq.ProposedMessage()
    .setId(new shared.UUID().setString(id))
    .setData(Buffer.from(dataText))
    .setCustomMetadata(Buffer.from(metadataText));
  message.getMetadataMap().set('type', type).set('content-type', 'application/json');
  return message;
}

/** Servers give an id back as it came, or as two numbers. */
function numberOf(id: ReturnType<BatchAppendResp['getCorrelationId']>): number {
  const low = id?.getStructured()?.getLeastSignificantBits();
  return low === undefined
    ? Number.parseInt(id?.getString().slice(-12) ?? '', 16)
    : Number(BigInt.asUintN(48, BigInt(low)));
}

function answerIn(response: BatchAppendResp): Answer {
  const error = response.getError();
  if (error) return refusalIn(error);
  const success = response.getSuccess();
  if (!success) throw new Error('the server answered an append with nothing');
  const position = success.getPosition();
  return {
    kind: 'written',
    revision: Number(success.getCurrentRevision()),
    position:
      position &&
      positionOf({ commit: BigInt(position.getCommitPosition()), prepare: BigInt(position.getPreparePosition()) }),
  };
}

const KINDS: Readonly<Record<string, 'denied' | 'too-large' | 'deleted' | 'timeout'>> = {
  AccessDenied: 'denied',
  MaximumAppendSizeExceeded: 'too-large',
  StreamDeleted: 'deleted',
  Timeout: 'timeout',
};

function refusalIn(error: Status): Answer {
  const details = error.getDetails();
  const type = details?.getTypeName() ?? '';
  const name = type.slice(type.lastIndexOf('.') + 1);
  const kind = KINDS[name];
  if (kind) return { kind };
  if (name === 'WrongExpectedVersion') {
    const wrong = details?.unpack(shared.WrongExpectedVersion.deserializeBinary, type);
    return {
      kind: 'elsewhere',
      actual: wrong?.hasCurrentStreamRevision() ? Number(wrong.getCurrentStreamRevision()) : -1,
    };
  }
  if (name === 'BadRequest') {
    return { kind: 'invalid', why: details?.unpack(shared.BadRequest.deserializeBinary, type)?.getMessage() ?? '' };
  }
  const why = error.getMessage();
  if (/^(?:Server Is|No leader)/.test(why)) return { kind: 'not-handled', why };
  throw new Error(`the server answered an append with "${why}"`);
}
