/** Reads a request's body: at most 1 MiB of JSON in UTF-8. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import express from 'express';
import { httpProblem, malformed } from './problem.ts';

export const MAX_BODY_BYTES = 1_048_576;

const readBytes = express.raw({ type: () => true, limit: MAX_BODY_BYTES });
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset="?([\w-]+)/i;

/** The body's bytes and what they mean; an empty body means `{}`. Throws 400, 413 or 415. */
export async function readJsonBody(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<{ readonly raw: Buffer; readonly value: unknown }> {
  const raw = await readRaw(request, response);
  if (raw.length === 0) return { raw, value: {} };
  assertJson(request.headers['content-type']);
  try {
    return { raw, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw)) };
  } catch (error) {
    throw malformed(`The body is not JSON: ${error instanceof Error ? error.message : 'it cannot be read'}.`);
  }
}

function assertJson(type: string | undefined): void {
  const charset = CHARSET.exec(type ?? '')?.[1]?.toLowerCase();
  if (type !== undefined && JSON_TYPE.test(type) && (charset === undefined || charset === 'utf-8')) return;
  throw httpProblem(415, 'unsupported_media_type', 'Send the body as Content-Type: application/json, in UTF-8.');
}

function readRaw(request: IncomingMessage, response: ServerResponse): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parsed = request as IncomingMessage & { body?: unknown };
    readBytes(parsed as never, response as never, (error?: unknown) => {
      if (error !== undefined) reject(bodyProblem(error));
      else resolve(Buffer.isBuffer(parsed.body) ? parsed.body : Buffer.alloc(0));
    });
  });
}

function bodyProblem(error: unknown): unknown {
  const type = (error as { type?: unknown }).type;
  if (type === 'entity.too.large') {
    return httpProblem(413, 'too_large', `A body may have at most ${MAX_BODY_BYTES} bytes. Send less.`);
  }
  if (type === 'encoding.unsupported') {
    return httpProblem(415, 'unsupported_media_type', 'Send the body plain, or compressed as gzip, deflate or br.');
  }
  if (type === 'request.aborted' || type === 'request.size.invalid') {
    return malformed('The body ended before its Content-Length. Send it again.');
  }
  // What inflate says of bytes that are not what Content-Encoding calls them.
  if (typeof (error as { status?: unknown }).status === 'number') return malformed('The body cannot be read.');
  return error;
}
