/** What an append proposes, read from the wire as a real server reads it: what it cannot read is an error with its words. */
import type sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import type { Map as ProtoMap } from 'google-protobuf';
import type { ProposedEvent } from './log.ts';

type WireEvent = {
  getId(): sharedPb.UUID | undefined;
  getMetadataMap(): ProtoMap<string, string>;
  getData_asU8(): Uint8Array;
  getCustomMetadata_asU8(): Uint8Array;
};

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** @throws Error for an id that is no UUID, and for an empty type */
export function proposedEvent(wire: WireEvent): ProposedEvent {
  const metadata = wire.getMetadataMap();
  const type = metadata.get('type');
  const contentType = metadata.get('content-type');
  if (type === undefined || contentType === undefined) {
    throw new Error('The given key was not present in the dictionary.');
  }
  if (type === '') throw new Error("Value cannot be null. (Parameter 'eventType')");
  return {
    id: readUuid(wire.getId()),
    type,
    json: contentType === 'application/json',
    data: wire.getData_asU8(),
    metadata: wire.getCustomMetadata_asU8(),
  };
}

/** @throws Error */
export function readUuid(uuid: sharedPb.UUID | undefined): string {
  if (!uuid) throw new Error('Object reference not set to an instance of an object.');
  const structured = uuid.getStructured();
  if (structured) return fromBits(structured.getMostSignificantBits(), structured.getLeastSignificantBits());
  const text = uuid.getString();
  if (!UUID.test(text)) throw new Error('Unrecognized Guid format.');
  return text.toLowerCase();
}

/** @throws Error for the name of no stream */
export function streamName(identifier: sharedPb.StreamIdentifier | undefined): string {
  if (!identifier) throw new Error('Object reference not set to an instance of an object.');
  const name = Buffer.from(identifier.getStreamName_asU8()).toString('utf8');
  if (name === '') throw new Error("Value cannot be null. (Parameter 'eventStreamId')");
  return name;
}

function fromBits(most: string, least: string): string {
  const hex = (bits: string) => BigInt.asUintN(64, BigInt(bits)).toString(16).padStart(16, '0');
  return (hex(most) + hex(least)).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
