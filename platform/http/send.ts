/** Puts an answer on the wire: whole, or as a stream with back-pressure. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { StoredAnswer } from './idempotency.ts';
import { STREAMING } from './load.ts';
import type { Answer } from './route.ts';

/** Sends the whole answer; Node leaves the body out for HEAD, 204 and 304. */
export function sendAnswer(response: ServerResponse, answer: StoredAnswer): void {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers)) {
    if (name === 'vary') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  const bytes = Buffer.from(answer.body, 'utf8');
  if (answer.status !== 204 && answer.status !== 304) response.setHeader('content-length', bytes.length);
  response.end(bytes);
}

/** Sends a stream until it ends or the client goes away. */
export async function sendStream(
  response: ServerResponse,
  answer: Answer,
  options: { readonly headOnly: boolean },
): Promise<void> {
  if (answer.stream === undefined) return;
  response.statusCode = answer.status;
  response.setHeader('content-type', answer.stream.type);
  response.setHeader('cache-control', 'no-cache, no-transform');
  // nginx would otherwise collect a stream until its buffer is full.
  response.setHeader('x-accel-buffering', 'no');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (options.headOnly) {
    response.end();
    return;
  }
  response.flushHeaders();
  response.emit(STREAMING);
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  for await (const chunk of answer.stream.from) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await drained(response, gone.signal);
  }
  response.end();
}

async function drained(response: ServerResponse, gone: AbortSignal): Promise<void> {
  try {
    await once(response, 'drain', { signal: gone });
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}
