/** Streams over real sockets: framing, heartbeats, and three ways to end. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defineRoute } from './route.ts';
import type { HttpServer } from './server.ts';
import { type SseEvent, sse } from './sse.ts';
import { startKit } from './testing/kit-server.ts';

let server: HttpServer;
let source: (signal: AbortSignal) => AsyncIterable<SseEvent>;
let heartbeatMs = 15_000;
let ended = 0;

const route = defineRoute({
  method: 'get',
  path: '/things/events',
  summary: 'stream',
  tag: 'things',
  produces: ['text/event-stream'],
  responses: { 200: { description: 'events' } },
  async handler({ signal }) {
    signal.addEventListener('abort', () => ended++);
    return sse(source(signal), { signal, heartbeatMs });
  },
});

beforeAll(async () => {
  server = await startKit([route]);
});
afterAll(() => server.stop());

const open = (init: { signal?: AbortSignal } = {}, at = server) =>
  fetch(`${at.url}/things/events`, {
    headers: { authorization: 'Bearer user-1', accept: 'text/event-stream' },
    ...init,
  });

/** Reads until the text holds what is waited for. */
async function readUntil(answer: Response, wanted: string): Promise<string> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(wanted)) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    text += value;
  }
  reader?.releaseLock();
  return text;
}

const never = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

describe('a stream', () => {
  it('sends a retry hint, then each event with its name, id and data in one line, and ends', async () => {
    source = async function* () {
      yield { event: 'order', id: 'p1', data: { text: 'two\nlines' } };
      yield { data: 2 };
    };
    const answer = await open();
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const text = await answer.text();
    expect(text).toBe('retry: 2000\n\nevent: order\nid: p1\ndata: {"text":"two\\nlines"}\n\ndata: 2\n\n');
  });

  it('says now and then that it is still there', async () => {
    heartbeatMs = 10;
    source = async function* (signal) {
      await never(signal);
      yield { data: 'the end' };
    };
    expect(await readUntil(await open(), ': still here\n\n')).toContain(': still here\n\n');
    heartbeatMs = 15_000;
  });

  it('ends its source when the client goes away', async () => {
    let over: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      over = resolve;
    });
    source = async function* (signal) {
      yield { data: 1 };
      await never(signal);
      over();
    };
    const client = new AbortController();
    const answer = await open({ signal: client.signal });
    await readUntil(answer, 'data: 1');
    client.abort();
    await gone;
    expect(ended).toBeGreaterThan(0);
  });

  it('ends when the server stops, and does not hold it up', async () => {
    const stopping = await startKit([route]);
    source = async function* (signal) {
      yield { data: 1 };
      await never(signal);
    };
    const answer = await open({}, stopping);
    const text = answer.text();
    await stopping.stop();
    expect(await text).toContain('data: 1');
    expect(await text).toMatch(/come back\n\n$/);
  });

  it('takes a ticket in the address, as browsers send no headers; HEAD opens nothing', async () => {
    source = async function* () {
      yield { data: 1 };
    };
    const answer = await fetch(`${server.url}/things/events?ticket=user-1`);
    expect([answer.status, await answer.text()]).toEqual([200, 'retry: 2000\n\ndata: 1\n\n']);
    expect((await fetch(`${server.url}/things/events?ticket=nonsense`)).status).toBe(401);
    const head = await fetch(`${server.url}/things/events?ticket=user-1`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});
