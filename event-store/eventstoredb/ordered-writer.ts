/** Writes the events of another log into this one: many appends under way, in one order that is checked. */
import { CopyRefused } from '../copy/copy-refused.ts';
import type { OrderedWriter, Run } from '../copy/ordered-writer.ts';
import { encodeAppend } from '../encode.ts';
import { expectedOf } from '../exact-revision.ts';
import { LogUnavailable, OutcomeUnknown, type Position, WrongExpectedRevision } from '../port.ts';
import { type Answer, type Appends, appendsOver, type WireAppend } from './append-call.ts';
import { closeClient, openAppendCall, openClient } from './client.ts';

/** Appends under way at once: one at a time pays the way there and back, and the disk, for each. */
const UNDER_WAY = 256;
const CONNECT_MS = 5_000;
const ANSWER_MS = 20_000;

/**
 * All appends go over one call, whose messages the server takes one after the other, and none is sent again by itself.
 * So a break leaves a beginning of them written. Where the server refuses one and takes a later one (which it does not
 * in any way known to us), their positions show it, also when it comes to light only at the repeat: an append that was
 * written before is answered with its first position.
 */
export function createOrderedWriter(url: string): OrderedWriter {
  const client = openClient(url, 'leader');
  let appends: Appends | undefined;

  const connected = async (): Promise<Appends> => {
    if (appends && !appends.broken()) return appends;
    try {
      appends = appendsOver(await openAppendCall(client, CONNECT_MS));
      return appends;
    } catch (error) {
      throw new LogUnavailable('the log that is copied to cannot be reached', error);
    }
  };

  /** Gives back where the last of them stands. */
  const writeTogether = async (batch: readonly WireAppend[], reached: Position | null): Promise<Position | null> => {
    const call = await connected();
    try {
      const answers = await Promise.all(batch.map((append) => call.send(append, ANSWER_MS)));
      return batch.reduce((before, append, n) => {
        return after(before, positionIn(append, answers[n] as Answer), append);
      }, reached);
    } catch (error) {
      // What is still under way over this call is not waited for: the repeat comes over another one.
      call.close();
      appends = undefined;
      throw isTold(error) ? error : new OutcomeUnknown(error);
    }
  };

  return {
    async write(runs) {
      const wire = runs.map(wireOf);
      let reached: Position | null = null;
      for (let n = 0; n < wire.length; n += UNDER_WAY) {
        reached = await writeTogether(wire.slice(n, n + UNDER_WAY), reached);
      }
    },
    async close() {
      appends?.close();
      await closeClient(client);
    },
  };
}

function wireOf({ stream, expected, events }: Run): WireAppend {
  return { stream, events: encodeAppend(stream, events), revision: expected };
}

function positionIn({ stream, revision }: WireAppend, answer: Answer): Position {
  if (answer.kind === 'written' && answer.position !== undefined) return answer.position;
  if (answer.kind === 'elsewhere') {
    throw new WrongExpectedRevision(stream, expectedOf(revision), answer.actual);
  }
  if (answer.kind === 'denied') {
    throw new CopyRefused(
      'EventStoreDB refuses this account to write: it was sealed (souk events unseal --log URL), or the account of --to ' +
        'needs the right to write streams.',
    );
  }
  throw new OutcomeUnknown(new Error(`an append to ${stream} was answered with "${answer.kind}"`));
}

function after(reached: Position | null, position: Position, { stream }: WireAppend): Position {
  if (reached === null || position > reached) return position;
  throw new CopyRefused(
    `EventStoreDB wrote ${stream} out of order after a failure: what it holds is no copy. Copy to an empty log.`,
  );
}

function isTold(error: unknown): boolean {
  return error instanceof OutcomeUnknown || error instanceof WrongExpectedRevision || error instanceof CopyRefused;
}
