/**
 * Long reads of the whole log. The client's own reading makes dates, buffers and a second stream of each record; a
 * replay, which is bound by this process's CPU, goes a quarter faster when each record is decoded once into what is kept.
 */
import { convertToCommandError, type EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import { within } from '../../platform/process/within.ts';
import { LogUnavailable, type Position } from '../port.ts';
import { openReadCall } from './client.ts';
import { type PagesOptions, pagesOf } from './pages.ts';
import { placeOf } from './positions.ts';
import { type LogRecord, recordOf } from './stored-events.ts';

export type ReadForwards = {
  /** Inclusive; null: from the start. */
  readonly from: Position | null;
  readonly count: number;
  /** Only streams whose names match this regular expression: the server leaves the others out. */
  readonly streams?: string | undefined;
};

/** Records the server looks at before it gives on what it found. */
const SEARCH_WINDOW = 1_000;

/** Ends at the end of the log. Throws the client's errors. */
export async function* readForwards(
  client: EventStoreDBClient,
  range: ReadForwards,
  options: PagesOptions,
): AsyncGenerator<LogRecord[]> {
  try {
    const opening = openReadCall(client, requestOf(range));
    const call = await within(options.answerMs, opening, unreachable);
    yield* pagesOf(call, recordIn, options);
  } catch (error) {
    throw error instanceof Error ? convertToCommandError(error) : error;
  }
}

function unreachable(): LogUnavailable {
  return new LogUnavailable('EventStoreDB cannot be reached: try again');
}

function requestOf({ from, count, streams: pattern }: ReadForwards) {
  const all = new streams.ReadReq.Options.AllOptions();
  if (from === null) all.setStart(new shared.Empty());
  else {
    const { commit, prepare } = placeOf(from);
    const position = new streams.ReadReq.Options.Position();
    all.setPosition(position.setCommitPosition(String(commit)).setPreparePosition(String(prepare)));
  }
  const options = new streams.ReadReq.Options()
    .setAll(all)
    .setReadDirection(streams.ReadReq.Options.ReadDirection.FORWARDS)
    .setResolveLinks(false)
    .setCount(String(count))
    .setUuidOption(new streams.ReadReq.Options.UUIDOption().setString(new shared.Empty()));
  if (pattern === undefined) options.setNoFilter(new shared.Empty());
  else options.setFilter(filterOf(pattern));
  return new streams.ReadReq().setOptions(options);
}

/** The client offers filters to subscriptions only; the server takes them for reads that end, too. */
function filterOf(pattern: string) {
  const { FilterOptions } = streams.ReadReq.Options;
  return new FilterOptions()
    .setStreamIdentifier(new FilterOptions.Expression().setRegex(pattern))
    .setMax(SEARCH_WINDOW)
    .setCheckpointintervalmultiplier(1);
}

/** Undefined for what is no record: the server tells other things on the way. */
function recordIn(response: ReadResp): LogRecord | undefined {
  const recorded = response.getEvent()?.getEvent();
  if (!recorded) return undefined;
  const words = recorded.getMetadataMap();
  const data = recorded.getData_asU8();
  const metadata = recorded.getCustomMetadata_asU8();
  return recordOf({
    position: {
      commit: BigInt(recorded.getCommitPosition()),
      prepare: BigInt(recorded.getPreparePosition()),
    },
    streamId: textOf(recorded.getStreamIdentifier()?.getStreamName_asU8() ?? new Uint8Array()),
    revision: recorded.getStreamRevision(),
    id: recorded.getId()?.getString() ?? '',
    type: words.get('type') ?? '',
    data: words.get('content-type') === 'application/json' ? parsed(data) : data,
    metadata: metadata.length > 0 ? parsed(metadata) : undefined,
  });
}

/** As the client hands it on: what is no JSON, though it says so, as it is. */
function parsed(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text; // Another writer's: none of ours would have been stored.
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
