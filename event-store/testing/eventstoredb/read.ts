/** Read: streams and the whole log, once or as a subscription. */
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import type { handleServerStreamingCall } from '@grpc/grpc-js';
import { countBackwards, indexForwards, type Place } from './all-pages.ts';
import { encodeNow, streamIdentifier } from './encode-event.ts';
import { afterDelay, whenThawed } from './faults.ts';
import { type Filter, readFilter } from './filters.ts';
import type { LogRecord } from './log-record.ts';
import { type Node, refusalOf } from './node.ts';
import { streamName } from './proposed.ts';
import { drained, type ReadCall } from './read-call.ts';
import { committedLength, firstReadable } from './readable.ts';
import { handlerFailed, invalidArgument, Refused, readFailed, streamDeleted } from './statuses.ts';
import { subscribeToAll } from './subscribe-to-all.ts';
import { subscribeToStream } from './subscribe-to-stream.ts';

const BACKWARDS = 1;
const LAST_REVISION = 2n ** 63n - 1n;

export function serveRead(node: Node): handleServerStreamingCall<streamsPb.ReadReq, Uint8Array> {
  return (call) => {
    afterDelay(node.faults, () => {
      const failed = (error: unknown) => call.emit('error', error instanceof Refused ? error.refusal : handlerFailed());
      try {
        read(node, call).catch(failed);
      } catch (error) {
        failed(error);
      }
    });
  };
}

/** @throws Refused, or Error for what a server does not foresee */
async function read(node: Node, call: ReadCall): Promise<void> {
  const options = call.request.getOptions();
  if (!options) throw new Error('a read has options');
  const stream = options.getStream();
  const all = options.getAll();
  const refused = refusalOf(node, 'reads', call.metadata);
  if (refused) throw new Refused(refused);
  if (options.hasSubscription() === options.hasCount()) throw new Refused(invalidArgument('no valid count of events'));
  if (options.hasFilter() === options.hasNoFilter()) throw new Refused(invalidArgument('no valid filter'));
  if (stream) {
    const name = streamName(stream.getStreamIdentifier());
    if (options.hasSubscription()) return subscribeToStream(node, call, { name, after: streamStart(stream) });
    return readStream(node, call, { name, options, from: revisionOf(stream) });
  }
  if (!all) throw new Refused(invalidArgument('a read is of a stream or of all'));
  const filterOptions = options.getFilter();
  const filter = filterOptions && readFilter(filterOptions);
  if (!options.hasSubscription()) return readAll(node, call, { options, all, filter });
  if (options.getReadDirection() === BACKWARDS) throw new Refused(invalidArgument('subscriptions go forwards'));
  return subscribeToAll(node, call, { after: all.hasEnd() ? 'end' : placeOf(all), filter });
}

function placeOf(all: streamsPb.ReadReq.Options.AllOptions): Place | null {
  const position = all.getPosition();
  if (!position) return null;
  const place = { commit: Number(position.getCommitPosition()), prepare: Number(position.getPreparePosition()) };
  if (place.prepare > place.commit) throw new Error('the prepare position is at most the commit position');
  return place;
}

function revisionOf(stream: streamsPb.ReadReq.Options.StreamOptions): bigint | 'start' | 'end' {
  if (stream.hasRevision()) return BigInt.asUintN(64, BigInt(stream.getRevision()));
  return stream.hasEnd() ? 'end' : 'start';
}

/** The revision after which a subscription begins. */
function streamStart(stream: streamsPb.ReadReq.Options.StreamOptions): number | 'end' {
  const from = revisionOf(stream);
  if (from === 'start') return -1;
  return from === 'end' ? 'end' : Number(from);
}

type StreamRead = {
  readonly name: string;
  readonly options: streamsPb.ReadReq.Options;
  readonly from: bigint | 'start' | 'end';
};

async function readStream(node: Node, call: ReadCall, { name, options, from }: StreamRead): Promise<void> {
  const backwards = options.getReadDirection() === BACKWARDS;
  const count = Number(options.getCount());
  const beyond = typeof from === 'bigint' && from > LAST_REVISION;
  if (count === 0 || beyond || (from === 'end' && !backwards)) throw new Refused(readFailed('ReadStreamResult'));
  const stream = node.log.stream(name);
  if (stream?.tombstoned) throw new Refused(streamDeleted(name));
  const committed = stream ? committedLength(node.log, stream) : 0;
  if (!stream || committed === 0 || stream.softDeleted) {
    const missing = new messages.ReadResp.StreamNotFound().setStreamIdentifier(streamIdentifier(name));
    call.write(encodeNow(new messages.ReadResp().setStreamNotFound(missing)));
    call.end();
    return;
  }
  const first = firstReadable(stream, node.now());
  const asked = from === 'start' ? 0 : from === 'end' ? committed - 1 : Number(from);
  const records = backwards
    ? stream.records
        .slice(first, Math.min(asked + 1, committed))
        .slice(-count)
        .reverse()
    : stream.records.slice(Math.max(asked, first), Math.min(Math.max(asked, first) + count, committed));
  await send(node, call, records);
}

type AllRead = {
  readonly options: streamsPb.ReadReq.Options;
  readonly all: streamsPb.ReadReq.Options.AllOptions;
  readonly filter: Filter | undefined;
};

async function readAll(node: Node, call: ReadCall, { options, all, filter }: AllRead): Promise<void> {
  const count = Number(options.getCount());
  // A server never answers this, and never ends it.
  if (count === 0) return;
  const place = placeOf(all);
  const backwards = options.getReadDirection() === BACKWARDS;
  const start = backwards ? startBackwards(node, all, place) : startForwards(node, all, place);
  if (start === undefined) throw new Refused(readFailed('ReadAllResult'));
  await send(node, call, walk(node, { start, backwards, count, accepts: filter?.accepts }));
}

type All = streamsPb.ReadReq.Options.AllOptions;

function startForwards({ log }: Node, all: All, place: Place | null): number | undefined {
  if (place) return indexForwards(log, place);
  return all.hasEnd() ? log.visible() : 0;
}

function startBackwards({ log }: Node, all: All, place: Place | null): number | undefined {
  if (place) return countBackwards(log, place);
  return all.hasEnd() ? log.visible() : 0;
}

type Walk = {
  readonly start: number;
  readonly backwards: boolean;
  readonly count: number;
  readonly accepts: ((record: LogRecord) => boolean) | undefined;
};

function* walk({ log }: Node, { start, backwards, count, accepts }: Walk): Iterable<LogRecord> {
  let left = count;
  for (let n = backwards ? start - 1 : start; left > 0 && n >= 0 && n < log.visible(); n += backwards ? -1 : 1) {
    const record = log.records[n];
    if (!record?.bytes || (accepts && !accepts(record))) continue;
    yield record;
    left -= 1;
  }
}

async function send(node: Node, call: ReadCall, records: Iterable<LogRecord>): Promise<void> {
  for (const record of records) {
    if (node.faults.frozen) await new Promise<void>((resolve) => whenThawed(node.faults, resolve));
    if (call.cancelled) return;
    if (record.bytes && !call.write(record.bytes)) await drained(call);
  }
  call.end();
}
