/** An event as the bytes of the answer that carries it: made once, when it is written, and sent to every reader. */
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';

export type EventToEncode = {
  readonly id: string;
  readonly stream: string;
  /** As text: the last revision of a stream that was ended is beyond a double's precision. */
  readonly revision: string;
  readonly position: number;
  readonly type: string;
  readonly json: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** Unix time in steps of 100 ns. */
  readonly created: bigint;
};

export function encodeEvent(event: EventToEncode): Buffer {
  const position = String(event.position);
  const recorded = new streamsPb.ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(new sharedPb.UUID().setString(event.id));
  recorded.setStreamIdentifier(streamIdentifier(event.stream));
  recorded.setStreamRevision(event.revision);
  recorded.setCommitPosition(position);
  recorded.setPreparePosition(position);
  recorded.setData(event.data);
  recorded.setCustomMetadata(event.metadata);
  recorded
    .getMetadataMap()
    .set('type', event.type)
    .set('content-type', event.json ? 'application/json' : 'application/octet-stream')
    .set('created', String(event.created));
  const read = new streamsPb.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(position);
  return Buffer.from(new streamsPb.ReadResp().setEvent(read).serializeBinary());
}

export function streamIdentifier(name: string) {
  return new sharedPb.StreamIdentifier().setStreamName(Buffer.from(name));
}

/** An answer made for one reader. */
export function encodeNow(response: streamsPb.ReadResp): Buffer {
  return Buffer.from(response.serializeBinary());
}
