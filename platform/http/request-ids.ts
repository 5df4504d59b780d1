/** Names each request for logs, answers and the metadata of what it causes. */
import type { IncomingMessage } from 'node:http';
import { newId } from '../ids.ts';

export type RequestIds = {
  readonly requestId: string;
  readonly correlationId: string;
  /** W3C Trace Context, handed on as it came; undefined where none came or it is not one. */
  readonly traceparent: string | undefined;
};

const SAFE = /^[\w.:/+=-]{1,128}$/;
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Takes the client's ids where they are safe to log, and makes them otherwise: a strange id is no reason to refuse. */
export function requestIds(request: IncomingMessage): RequestIds {
  const requestId = safe(request.headers['x-request-id']) ?? newId();
  const traceparent = request.headers.traceparent;
  return {
    requestId,
    correlationId: safe(request.headers['x-correlation-id']) ?? requestId,
    traceparent: typeof traceparent === 'string' && TRACEPARENT.test(traceparent) ? traceparent : undefined,
  };
}

function safe(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && SAFE.test(value) ? value : undefined;
}
