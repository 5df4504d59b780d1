/** Something as a stream: what it is now, and again at each change. */
import type { Position } from '../event-store/port.ts';
import type { SseEvent } from '../platform/http/sse.ts';
import { pause } from '../platform/process/pause.ts';
import type { Bell } from './bells.ts';
import type { ReadApiDeps } from './read-api-deps.ts';

/** What a look found, in one or several parts that change each for itself. */
export type Look = {
  readonly parts: readonly Part[];
  /** Nothing more will happen. */
  readonly ended?: boolean;
};

type Part = { readonly key?: string; readonly data: unknown; readonly position: Position | null };

export type Watched = {
  /** Name of the events that are sent. */
  readonly event: string;
  /** Projections that it is made of. */
  readonly reads: readonly string[];
  /** Begins to listen. */
  hear(): Bell;
  /** Undefined: there is nothing to be seen any more. */
  look(): Promise<Look | undefined>;
  readonly signal: AbortSignal;
  /** Position the client has already, from `Last-Event-ID`: no change up to there is sent again. */
  readonly after?: string | undefined;
  /** Not looked at more often than so, in ms (0), where many changes come at once. */
  readonly restMs?: number;
};

// The net under the bell, for what a tail that was cut off did not hear.
const LOOK_EVERY_MS = 5_000;
const CATCH_UP_MS = 5_000;

export async function* live(
  { positions, waitFor }: Pick<ReadApiDeps, 'positions' | 'waitFor'>,
  watched: Watched,
): AsyncGenerator<SseEvent> {
  const { event, signal, after } = watched;
  // Listening begins before the first look: else a change between the two is seen at the next one only.
  const bell = watched.hear();
  const sent = new Map<string, { readonly text: string; readonly position: string }>();
  try {
    while (!signal.aborted) {
      const found = await watched.look();
      if (found === undefined) return;
      for (const { key = '', data, position } of found.parts) {
        const text = JSON.stringify(data);
        const last = sent.get(key);
        const since = last?.position ?? after;
        if (text === last?.text || (since !== undefined && (position ?? '') <= since)) continue;
        sent.set(key, { text, position: position ?? '' });
        yield { event, ...(position === null ? {} : { id: positions.format(position) }), data };
      }
      if (found.ended === true) return;
      await changed(waitFor, watched, bell);
    }
  } finally {
    bell.stop();
  }
}

async function changed(
  waitFor: ReadApiDeps['waitFor'],
  { reads, restMs = 0, signal }: Watched,
  bell: Bell,
): Promise<void> {
  if (restMs > 0) await pause(restMs, signal);
  const position = await bell.next(LOOK_EVERY_MS, signal);
  if (position === undefined || signal.aborted) return;
  // The log has it; the rows follow in a moment.
  await waitFor(reads, position, { timeoutMs: CATCH_UP_MS, signal });
}
