/** A stream of server-sent events as a client reads it, one event after the other. */

export type StreamEvent = {
  readonly event: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers without a type for each
  readonly data: any;
};

export type WatchedStream = {
  readonly status: number;
  /** Waits for the next one; undefined: the stream has ended. */
  next(): Promise<StreamEvent | undefined>;
  cancel(): Promise<void>;
};

const FRAME = /event: (\S+)\n(?:id: (\S+)\n)?data: (.*)\n\n/;

export async function watchStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<WatchedStream> {
  const answer = await fetch(url, { headers });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    status: answer.status,
    async next() {
      for (;;) {
        const match = FRAME.exec(text);
        if (match !== null) {
          text = text.slice(match.index + match[0].length);
          return { event: match[1] ?? '', id: match[2], data: JSON.parse(match[3] ?? '') };
        }
        const { done, value } = (await reader?.read()) ?? { done: true, value: '' };
        if (done) return undefined;
        text += value;
      }
    },
    cancel: async () => reader?.cancel(),
  };
}
