/** Appends to the log: one stream's one after the other, until it is known what became of each or its time is over. */
import type { EventStoreDBClient } from '@eventstore/db-client';
import { pause } from '../../platform/process/pause.ts';
import { within } from '../../platform/process/within.ts';
import { expectedOf } from '../exact-revision.ts';
import {
  type AppendResult,
  AppendTooLarge,
  CheckpointMismatch,
  InvalidAppend,
  type LogIdentity,
  LogUnavailable,
  latest,
  OutcomeUnknown,
  type Position,
  WrongExpectedRevision,
} from '../port.ts';
import { type Answer, type Appends, appendsOver, type WireAppend, type WireEvent } from './append-call.ts';
import { openAppendCall } from './client.ts';
import type { LogReader } from './reader.ts';
import type { SameLog } from './same-log.ts';
import { isHidden } from './stored-events.ts';
import { createTurns, type Turns } from './turns.ts';

export type LogWriter = {
  /** `revision` -1: there must be no such stream. Throws what the port's `append` does. */
  append(stream: string, events: readonly WireEvent[], revision: number): Promise<AppendResult>;
  /** Which log is written; from then on no other is. Writers of one log in one process take turns together. */
  bind(identity: LogIdentity): void;
  /** The log is known to reach as far as this. */
  known(): Position | null;
  knows(position: Position | null): void;
  close(): void;
};

export type LogWriterOptions = {
  readonly client: EventStoreDBClient;
  readonly reader: LogReader;
  readonly same: SameLog;
  /** How long an append may take, with all that lies before it. */
  readonly answerMs: number;
  readonly closing: AbortSignal;
};

/** What is shared by all who write to one log in this process. */
type Shared = { readonly turns: Turns; known: Position | null };

const CONNECT_MS = 3_000;
const RETRY_MS = 100;
const away = (cause?: unknown) =>
  new LogUnavailable('EventStoreDB cannot be reached: nothing was written, try again', cause);

// One small entry for each log that this process ever wrote to.
const sharedByLog = new Map<string, Shared>();

export function createLogWriter({ client, reader, same, answerMs, closing }: LogWriterOptions): LogWriter {
  let shared: Shared = { turns: createTurns(), known: null };
  let opening: Promise<Appends> | undefined;

  const open = async (): Promise<Appends> => {
    const appends = appendsOver(await openAppendCall(client, Math.min(CONNECT_MS, answerMs)));
    try {
      // The server may have come back with another log, or an older one: what was decided here is not for that.
      await same.assert();
      return appends;
    } catch (error) {
      appends.close();
      throw error;
    }
  };

  /** The call in use, or a new one. Nothing was sent when it throws. */
  const connected = async (giveUpAt: number): Promise<Appends> => {
    for (let why: unknown; ; ) {
      if (closing.aborted) throw new LogUnavailable('the log is closed', why);
      opening ??= open();
      const mine = opening;
      try {
        const appends = await within(giveUpAt - performance.now(), mine, away);
        if (!appends.broken()) return appends;
        if (opening === mine) opening = undefined;
      } catch (error) {
        if (opening === mine) opening = undefined;
        // Another log stands there: waiting does not bring ours back.
        if (error instanceof CheckpointMismatch) throw new LogUnavailable(error.message, error);
        if (performance.now() >= giveUpAt) throw why instanceof LogUnavailable ? why : away(error);
        why = error;
        await pause(RETRY_MS, closing);
      }
    }
  };

  const write = async (append: WireAppend, giveUpAt: number): Promise<AppendResult> => {
    for (let uncertain = false; ; ) {
      const appends = await connected(giveUpAt).catch((error: unknown) => {
        throw uncertain ? new OutcomeUnknown(error) : error;
      });
      const knownBefore = shared.known;
      const left = giveUpAt - performance.now();
      if (left <= 0) throw uncertain ? new OutcomeUnknown(tooLate(append)) : tooLate(append);
      const answer = await appends.send(append, left).catch((error: unknown) => {
        throw new OutcomeUnknown(error);
      });
      if (answer.kind === 'written') {
        const { revision, position } = answer;
        if (position === undefined) throw refusal(append, { kind: 'deleted' });
        shared.known = latest(shared.known, position);
        const id = append.events.at(-1)?.id;
        if (id !== undefined && !isHidden(append.stream, '')) same.saw({ position, id });
        return { revision, position, repeated: knownBefore !== null && position <= knownBefore };
      }
      if (answer.kind !== 'timeout' && answer.kind !== 'not-handled') throw refusal(append, answer);
      uncertain ||= answer.kind === 'timeout';
      await pause(RETRY_MS, closing);
      // Perhaps its twin, from another process, was written: then it stands before the end now.
      if (uncertain) shared.known = latest(shared.known, await reader.end().catch(() => null));
    }
  };

  return {
    append(stream, events, revision) {
      const giveUpAt = performance.now() + answerMs;
      return shared.turns.take(stream, answerMs, () => write({ stream, events, revision }, giveUpAt));
    },
    bind(opened) {
      const { known } = shared;
      shared = sharedByLog.get(opened.logId) ?? shared;
      shared.known = latest(shared.known, known);
      sharedByLog.set(opened.logId, shared);
    },
    known: () => shared.known,
    knows(position) {
      shared.known = latest(shared.known, position);
    },
    close() {
      void opening?.then(
        (appends) => appends.close(),
        () => undefined, // It never opened.
      );
    },
  };
}

function tooLate({ stream }: WireAppend): LogUnavailable {
  return new LogUnavailable(`an append to ${stream} waited too long to be sent: nothing was written, try again`);
}

function refusal({ stream, events, revision }: WireAppend, answer: Exclude<Answer, { kind: 'written' }>): Error {
  if (answer.kind === 'elsewhere') {
    return new WrongExpectedRevision(stream, expectedOf(revision), answer.actual);
  }
  if (answer.kind === 'too-large') {
    return new AppendTooLarge(events.reduce((sum, event) => sum + Buffer.byteLength(event.dataText), 0));
  }
  if (answer.kind === 'denied') {
    return new LogUnavailable(
      'EventStoreDB refuses this account to write: give it the right to write streams ($w), or correct the user and ' +
        'password in EVENTSTORE_URL',
    );
  }
  if (answer.kind === 'deleted') {
    return new InvalidAppend(`stream ${stream} was deleted from the log by hand: it takes no more events`);
  }
  return new InvalidAppend(
    `EventStoreDB refuses an append to ${stream}${answer.kind === 'invalid' ? `: ${answer.why}` : ''}`,
  );
}
