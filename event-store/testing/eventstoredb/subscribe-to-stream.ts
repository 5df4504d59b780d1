/** Subscriptions to one stream; one that is not there yet is waited for. */
import { caughtUp, confirmation, goLive } from './live-feed.ts';
import { TOMBSTONE_TYPE } from './log.ts';
import type { LogRecord } from './log-record.ts';
import type { Node } from './node.ts';
import { drained, type ReadCall } from './read-call.ts';
import { committedLength, firstReadable } from './readable.ts';
import { Refused, streamDeleted } from './statuses.ts';

type Subscription = {
  readonly name: string;
  /** Exclusive; -1: from the start. */
  readonly after: number | 'end';
};

/** @throws Refused where the stream was ended */
export async function subscribeToStream(node: Node, call: ReadCall, { name, after }: Subscription): Promise<void> {
  if (node.log.stream(name)?.tombstoned) throw new Refused(streamDeleted(name));
  call.write(confirmation());
  if (after !== 'end') {
    if (readableLength(node, name) === 0) await appears(node, call, name);
    let next = after + 1;
    for (;;) {
      const stream = node.log.stream(name);
      const first = stream ? firstReadable(stream, node.now()) : 0;
      const batch = stream?.records.slice(Math.max(next, first), readableLength(node, name)) ?? [];
      if (batch.length === 0) break;
      for (const record of batch) {
        if (call.cancelled) return;
        if (record.bytes && !call.write(record.bytes)) await drained(call);
      }
      next = (batch.at(-1)?.revision ?? next) + 1;
    }
  }
  if (call.cancelled) return;
  call.write(caughtUp());
  goLive(node, call, (feed) =>
    node.log.listen((record) => {
      if (record.stream !== name || !record.bytes) return;
      feed.push(record.bytes);
      if (record.type === TOMBSTONE_TYPE) call.emit('error', streamDeleted(name));
    }),
  );
}

function readableLength(node: Node, name: string): number {
  const stream = node.log.stream(name);
  return stream && !stream.softDeleted ? committedLength(node.log, stream) : 0;
}

function appears(node: Node, call: ReadCall, name: string): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      unlisten();
      resolve();
    };
    const unlisten = node.log.listen((record: LogRecord) => record.stream === name && done());
    call.once('cancelled', done);
  });
}
