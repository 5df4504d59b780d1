/** Rules that the client hides: what stands on the wire, by which other clients and versions go. */
import { randomUUID } from 'node:crypto';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { type ClientDuplexStream, credentials, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { newStream, type Subject } from './subject.ts';

const LIMIT = 1_048_576;

export function wireRules(subject: () => Subject): void {
  const address = () => new URL(subject().url.replace('esdb:', 'http:')).host;
  let streams: InstanceType<typeof streamsGrpc.StreamsClient>;
  beforeAll(() => {
    streams = new streamsGrpc.StreamsClient(address(), credentials.createInsecure());
  });
  afterAll(() => streams.close());

  it('names what it can do in lower case', async () => {
    const client = new featuresGrpc.ServerFeaturesClient(address(), credentials.createInsecure());
    const supported = await new Promise<featuresPb.SupportedMethods>((resolve, reject) =>
      client.getSupportedMethods(new sharedPb.Empty(), (error, answer) => (error ? reject(error) : resolve(answer))),
    );
    client.close();
    const methods = supported.getMethodsList().map((one) => `${one.getServiceName()}/${one.getMethodName()}`);
    expect(supported.getEventStoreServerVersion()).toMatch(/^\d+\.\d+\.\d+/);
    expect(methods).toHaveLength(33);
    expect(methods.every((name) => name === name.toLowerCase())).toBe(true);
    expect(methods).toContain('event_store.client.streams.streams/batchappend');
    const read = supported
      .getMethodsList()
      .find((one) => one.getServiceName().endsWith('streams') && one.getMethodName() === 'read');
    expect(read?.getFeaturesList()).toEqual(['position', 'events']);
  });

  it('tells of the servers there are, and which of them leads', async () => {
    const client = new gossipGrpc.GossipClient(address(), credentials.createInsecure());
    const info = await new Promise<gossipPb.ClusterInfo>((resolve, reject) =>
      client.read(new sharedPb.Empty(), (error, answer) => (error ? reject(error) : resolve(answer))),
    );
    client.close();
    const leaders = info.getMembersList().filter((member) => member.getState() === 8 && member.getIsAlive());
    expect(leaders).toHaveLength(1);
    expect(leaders[0]?.getHttpEndPoint()?.getPort()).toBeGreaterThan(0);
  });

  const append = (change: (parts: ClassicParts) => void) =>
    new Promise<streamsPb.AppendResp | ServiceError>((resolve) => {
      const parts = classicParts();
      change(parts);
      const call = streams.append((error, answer) => resolve(error ?? answer));
      call.on('error', () => undefined);
      call.write(new streamsPb.AppendReq().setOptions(parts.options));
      call.write(new streamsPb.AppendReq().setProposedMessage(parts.message));
      call.end();
    });

  it('answers a wrong revision of a single append by a message, not by a status', async () => {
    const answer = await append(({ options }) => options.setRevision('77'));
    if (!(answer instanceof streamsPb.AppendResp)) throw answer;
    expect(answer.getWrongExpectedVersion()?.getExpectedRevision()).toBe('77');
    expect(answer.getWrongExpectedVersion()?.hasCurrentNoStream()).toBe(true);
  });

  it.each(['type', 'content-type'])('refuses an event without its %s by trailers', async (property) => {
    const answer = await append(({ message }) => message.getMetadataMap().del(property));
    expect(answer).toMatchObject({ code: 3, details: `Required Metadata Property '${property}' is missing` });
    const trailers = (answer as ServiceError).metadata;
    expect(trailers.get('exception')).toEqual(['missing-required-metadata-property']);
    expect(trailers.get('required-metadata-properties')).toEqual(['type,content-type']);
  });

  it('refuses an append that is too large by trailers', async () => {
    const answer = await append(({ message }) => message.setData(Buffer.alloc(LIMIT + 1)));
    expect(answer).toMatchObject({ code: 3 });
    expect((answer as ServiceError).metadata.get('maximum-append-size')).toEqual([String(LIMIT)]);
  });

  it('refuses to delete at a wrong revision by trailers', async () => {
    const { client } = subject();
    const stream = newStream();
    const error = await client.deleteStream(stream).catch((reason) => reason);
    const { metadata } = error._raw as ServiceError;
    expect(error.code).toBe(9);
    for (const [key, value] of [
      ['exception', 'wrong-expected-version'],
      ['stream-name', stream],
      ['expected-version', '-2'],
      ['actual-version', '-1'],
    ] as const) {
      expect(metadata.get(key)).toEqual([value]);
    }
  });

  /** The error that a batch answers with, by the detail's name. */
  const batch = async (change: (parts: BatchParts) => void) => {
    const call: ClientDuplexStream<streamsPb.BatchAppendReq, streamsPb.BatchAppendResp> = streams.batchAppend();
    call.on('error', () => undefined);
    const parts = batchParts();
    change(parts);
    const answered = new Promise<streamsPb.BatchAppendResp>((resolve) => call.on('data', resolve));
    call.write(whole(parts));
    const answer = await answered;
    const second = new Promise<streamsPb.BatchAppendResp>((resolve) => call.on('data', resolve));
    call.write(whole(batchParts()));
    const goesOn = (await second).hasSuccess();
    call.cancel();
    const error = answer.getError();
    return {
      code: error?.getCode() as number | undefined,
      message: error?.getMessage(),
      detail: error?.getDetails()?.getTypeUrl(),
      sameId: answer.getCorrelationId()?.getString() === parts.request.getCorrelationId()?.getString(),
      goesOn,
    };
  };

  it.each<[string, number, (parts: BatchParts) => void]>([
    ['WrongExpectedVersion', 6, ({ options }) => options.setStreamPosition('7')],
    ['MaximumAppendSizeExceeded', 3, ({ message }) => message.setData(Buffer.alloc(LIMIT + 1))],
    ['Timeout', 4, ({ options }) => options.setDeadline(timestampPb.Timestamp.fromDate(new Date(Date.now() - 60_000)))],
    ['BadRequest', 3, ({ message }) => message.getMetadataMap().del('type')],
  ])('answers an append of a batch with %s in its message, and the call goes on', async (name, code, change) => {
    expect(await batch(change)).toEqual({
      code,
      message: name,
      detail: `type.googleapis.com/event_store.client.${name}`,
      sameId: true,
      goesOn: true,
    });
  });

  it('answers an append of a batch to a stream that was ended', async () => {
    const stream = newStream();
    await subject().client.tombstoneStream(stream);
    const answer = await batch(({ options }) => options.setStreamIdentifier(nameOf(stream)));
    expect(answer).toMatchObject({ code: 5, message: 'StreamDeleted', goesOn: true });
  });

  it('gives up an append of a batch that does not become whole before its deadline', async () => {
    const call = streams.batchAppend();
    call.on('error', () => undefined);
    const answered = new Promise<streamsPb.BatchAppendResp>((resolve) => call.on('data', resolve));
    const parts = batchParts();
    parts.options.setDeadline(timestampPb.Timestamp.fromDate(new Date(Date.now() + 500)));
    call.write(whole(parts).setIsFinal(false));
    expect((await answered).getError()?.getMessage()).toBe('Timeout');
    call.cancel();
  });

  it('says of a filtered read of the whole log what matches only', async () => {
    const { client } = subject();
    const stream = newStream();
    const { position } = await client.appendToStream(stream, [
      { id: randomUUID(), contentType: 'application/json', type: 'Tested', data: {}, metadata: undefined },
    ]);
    const place = new streamsPb.ReadReq.Options.Position()
      .setCommitPosition(String(position?.commit))
      .setPreparePosition(String(position?.prepare));
    const expression = new streamsPb.ReadReq.Options.FilterOptions.Expression().setPrefixList([stream]);
    const filter = new streamsPb.ReadReq.Options.FilterOptions().setStreamIdentifier(expression);
    filter.setCount(new sharedPb.Empty()).setCheckpointintervalmultiplier(1);
    const options = new streamsPb.ReadReq.Options().setAll(
      new streamsPb.ReadReq.Options.AllOptions().setPosition(place),
    );
    options
      .setFilter(filter)
      .setCount('10')
      .setUuidOption(new streamsPb.ReadReq.Options.UUIDOption().setString(new sharedPb.Empty()));
    const found: string[] = [];
    for await (const answer of streams.read(new streamsPb.ReadReq().setOptions(options))) {
      found.push((answer as streamsPb.ReadResp).getEvent()?.getEvent()?.getStreamRevision() ?? '');
    }
    expect(found).toEqual(['0']);
  });
}

type ClassicParts = ReturnType<typeof classicParts>;
type BatchParts = ReturnType<typeof batchParts>;

const uuid = () => new sharedPb.UUID().setString(randomUUID());
const nameOf = (stream: string) => new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream));

function classicParts() {
  const options = new streamsPb.AppendReq.Options()
    .setStreamIdentifier(nameOf(newStream()))
    .setAny(new sharedPb.Empty());
  const message = new streamsPb.AppendReq.ProposedMessage().setId(uuid()).setData(Buffer.from('{}'));
  message.getMetadataMap().set('type', 'Tested').set('content-type', 'application/json');
  return { options, message };
}

function batchParts() {
  const options = new streamsPb.BatchAppendReq.Options()
    .setStreamIdentifier(nameOf(newStream()))
    .setAny(new emptyPb.Empty());
  const message = new streamsPb.BatchAppendReq.ProposedMessage().setId(uuid()).setData(Buffer.from('{}'));
  message.getMetadataMap().set('type', 'Tested').set('content-type', 'application/json');
  const request = new streamsPb.BatchAppendReq().setCorrelationId(uuid()).setIsFinal(true);
  return { request, options, message };
}

function whole({ request, options, message }: BatchParts): streamsPb.BatchAppendReq {
  return request.setOptions(options).setProposedMessagesList([message]);
}
