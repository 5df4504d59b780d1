/** Server-sent events (WHATWG HTML, 9.2): events out, a comment now and then, an end when the server stops. */
import type { Answer } from './route.ts';

export type SseEvent = {
  readonly event?: string;
  /** What a client sends back as `Last-Event-ID`. */
  readonly id?: string;
  /** Sent as JSON. */
  readonly data: unknown;
};

export type SseOptions = {
  /** Ends the stream: the client went away, or the server stops. */
  readonly signal: AbortSignal;
  /** A comment this often, in ms (15,000), so that nothing on the way takes the connection for dead. */
  readonly heartbeatMs?: number;
};

/** How long a client waits before it comes back, in ms: told at the start, as the end may come without warning. */
const RETRY_MS = 2_000;

/** The answer that sends these events until they end. `events` must end by itself when `signal` aborts. */
export function sse(events: AsyncIterable<SseEvent>, options: SseOptions): Answer {
  return { status: 200, stream: { type: 'text/event-stream; charset=utf-8', from: frames(events, options) } };
}

async function* frames(events: AsyncIterable<SseEvent>, options: SseOptions): AsyncGenerator<string> {
  yield `retry: ${RETRY_MS}\n\n`;
  const iterator = events[Symbol.asyncIterator]();
  let next = iterator.next();
  for (;;) {
    const turn = await firstOf(next, options);
    if (turn === 'stop') break;
    if (turn === 'beat') {
      yield ': still here\n\n';
    } else if (turn.done === true) {
      return;
    } else {
      yield frame(turn.value);
      next = iterator.next();
    }
  }
  yield ': the server stops or moves; come back\n\n';
}

function firstOf(
  next: Promise<IteratorResult<SseEvent>>,
  { signal, heartbeatMs = 15_000 }: SseOptions,
): Promise<IteratorResult<SseEvent> | 'beat' | 'stop'> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done('beat'), heartbeatMs);
    const stop = (): void => done('stop');
    const done = (turn: IteratorResult<SseEvent> | 'beat' | 'stop'): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(turn);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    next.then(done, (error: unknown) => {
      done('stop');
      // After the end, a source that fails because it was told to end interests nobody.
      if (!signal.aborted) reject(error);
    });
  });
}

function frame({ event, id, data }: SseEvent): string {
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    `data: ${JSON.stringify(data)}`,
  ];
  return `${lines.join('\n')}\n\n`;
}
