/** A stream of the client's as pages: read ahead into a bounded page, held back while that is not taken, bounded in time. */
import { LogUnavailable } from '../port.ts';

/** What the client's streams and the calls below them have in common. */
export type PageSource = {
  on(event: string, listener: (...told: never[]) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  cancel(): unknown;
};

export type PagesOptions = {
  readonly size: number;
  /** Without anything new for so long while it is waited for, the server is taken for gone. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
};

/** Ends with the stream or when the signal aborts; throws what the stream fails with. Some of the client's never settle. */
export async function* pagesOf<T, R>(
  source: PageSource,
  // At once, as it comes: what the client keeps beside it would outlive the young heap with each page.
  convert: (item: T) => R | undefined,
  { size, answerMs, signal }: PagesOptions,
): AsyncGenerator<R[]> {
  const state: { page: R[]; ended: boolean; failure: unknown } = { page: [], ended: false, failure: undefined };
  let wake = (): void => undefined;
  source.on('data', (item: T) => {
    const converted = convert(item);
    if (converted === undefined) return;
    state.page.push(converted);
    if (state.page.length < size) return;
    source.pause();
    wake();
  });
  source.on('end', () => {
    state.ended = true;
    wake();
  });
  // Stays attached: the client tells errors once more after it was cancelled.
  source.on('error', (error) => {
    state.failure ??= error;
    wake();
  });
  const stop = () => wake();
  signal.addEventListener('abort', stop);
  try {
    for (;;) {
      await filled();
      const { page, ended, failure } = state;
      if (signal.aborted) return;
      if (failure !== undefined) throw failure;
      state.page = [];
      source.resume();
      if (page.length > 0) yield page;
      if (ended) return;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    if (!state.ended) void Promise.resolve(source.cancel()).catch(() => undefined); // It may never have begun.
  }

  function filled(): Promise<void> {
    return new Promise((resolve) => {
      const due = () => state.ended || state.failure !== undefined || state.page.length >= size || signal.aborted;
      if (due()) return resolve();
      let seen = state.page.length;
      const timer = setInterval(() => {
        if (state.page.length === seen) state.failure = new LogUnavailable(`no answer within ${answerMs} ms`);
        seen = state.page.length;
        wake();
      }, answerMs);
      wake = () => {
        if (!due()) return;
        clearInterval(timer);
        wake = () => undefined;
        resolve();
      };
    });
  }
}
