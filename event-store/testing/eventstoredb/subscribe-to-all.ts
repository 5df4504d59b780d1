/** Subscriptions to the whole log: history page by page, as fast as it is taken, then live. */
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { indexForwards, type Place, pageForwards, START } from './all-pages.ts';
import { encodeNow } from './encode-event.ts';
import { whenThawed } from './faults.ts';
import type { Filter } from './filters.ts';
import { caughtUp, confirmation, goLive } from './live-feed.ts';
import type { LogRecord } from './log-record.ts';
import type { Node } from './node.ts';
import { drained, type ReadCall } from './read-call.ts';

type Subscription = {
  /** Exclusive; null: from the start. */
  readonly after: Place | 'end' | null;
  readonly filter: Filter | undefined;
};

/** @throws Error where no record begins at the place it is to start after */
export async function subscribeToAll(node: Node, call: ReadCall, { after, filter }: Subscription): Promise<void> {
  const { log } = node;
  let { index, place } = startOf(node, after);
  let considered = 0;
  call.write(confirmation());
  while (after !== 'end') {
    const page = pageForwards(log, index, place, filter);
    for (const record of page.records) {
      if (record.bytes && !call.write(record.bytes)) await drained(call);
      if (node.faults.frozen) await new Promise<void>((resolve) => whenThawed(node.faults, resolve));
      if (call.cancelled) return;
    }
    considered += page.considered;
    if (page.end && page.nextIndex === log.visible()) break;
    if (filter && !page.end && considered >= filter.checkpointInterval) {
      considered %= filter.checkpointInterval;
      if (!call.write(checkpoint(lastOf(page.records) ?? place))) await drained(call);
    }
    index = page.nextIndex;
    place = page.next;
  }
  call.write(caughtUp());
  live(node, call, { filter, considered });
}

function startOf({ log }: Node, after: Place | 'end' | null): { index: number; place: Place } {
  if (after === null || after === 'end') return { index: 0, place: START };
  const index = indexForwards(log, after);
  if (index === undefined) throw new Error('no record begins there');
  const record = log.records[index];
  return record && index < log.visible()
    ? { index: index + 1, place: { commit: record.next, prepare: 0 } }
    : { index, place: after };
}

type Live = { readonly filter: Filter | undefined; readonly considered: number };

/** Checkpoints go on from the count of the history; now each event counts on its own, whether it matches or not. */
function live(node: Node, call: ReadCall, { filter, considered }: Live): void {
  let count = considered;
  goLive(node, call, (feed) =>
    node.log.listen((record) => {
      if (record.bytes && (!filter || filter.accepts(record))) feed.push(record.bytes);
      if (!filter) return;
      count += 1;
      if (count < filter.checkpointInterval) return;
      count = 0;
      feed.push(checkpoint({ commit: record.position, prepare: record.position }));
    }),
  );
}

function lastOf(records: readonly LogRecord[]): Place | undefined {
  const last = records.at(-1);
  return last && { commit: last.position, prepare: last.position };
}

function checkpoint({ commit, prepare }: Place): Buffer {
  const place = new messages.ReadResp.Checkpoint()
    .setCommitPosition(String(commit))
    .setPreparePosition(String(prepare));
  return encodeNow(new messages.ReadResp().setCheckpoint(place));
}
