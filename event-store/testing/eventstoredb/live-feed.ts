/** The live end of a subscription: what is committed goes out as fast as its reader takes it; a reader too slow is dropped. */
import { randomUUID } from 'node:crypto';
import messages from '@eventstore/db-client/generated/streams_pb.js';
import { encodeNow } from './encode-event.ts';
import { whenThawed } from './faults.ts';
import type { Node } from './node.ts';
import type { ReadCall } from './read-call.ts';
import { timedOut } from './statuses.ts';

/** Two channels of 32 lie between a server's log and the reader's connection. */
const BUFFER = 64;

export const confirmation = () =>
  encodeNow(
    new messages.ReadResp().setConfirmation(
      new messages.ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID()),
    ),
  );

export const caughtUp = () => encodeNow(new messages.ReadResp().setCaughtUp(new messages.ReadResp.CaughtUp()));

export type LiveFeed = { push(answer: Uint8Array): void };

/** @param listen begins listening for what is committed, and gives back how to end it */
export function goLive(node: Node, call: ReadCall, listen: (feed: LiveFeed) => () => void): void {
  const { faults } = node;
  const waiting: Uint8Array[] = [];
  let blocked = false;
  let suspected = false;

  const drop = () => {
    // What lies in the nearer of the two channels still gets out.
    for (const answer of waiting.slice(0, BUFFER / 2)) call.write(answer);
    stop();
    call.emit('error', timedOut('Consumer too slow to handle event while live. Client resubscription required.'));
  };
  const pump = () => {
    if (faults.frozen) {
      whenThawed(faults, pump);
      return;
    }
    blocked = false;
    while (!blocked && waiting.length > 0) blocked = !call.write(waiting.shift() as Uint8Array);
  };
  const onDrain = () => {
    suspected = false;
    pump();
  };
  // What comes in one burst is no sign of a slow reader before its connection had a chance to be written to.
  const suspect = () => {
    if (suspected) return;
    suspected = true;
    setImmediate(() => setImmediate(() => suspected && blocked && waiting.length > BUFFER && drop()));
  };
  const unlisten = listen({
    push(answer) {
      waiting.push(answer);
      if (!blocked) pump();
      if (waiting.length > BUFFER && !faults.frozen) suspect();
    },
  });
  const stop = () => {
    unlisten();
    waiting.length = 0;
    faults.liveSubscriptions.delete(drop);
    call.off('drain', onDrain);
  };
  faults.liveSubscriptions.add(drop);
  call.on('drain', onDrain);
  call.once('cancelled', stop);
  call.once('close', stop);
  if (call.cancelled) stop();
}
