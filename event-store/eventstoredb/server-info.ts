/** What the server says of itself over HTTP, on the port of everything else: its version, and by the way its time. */
import { readFile } from 'node:fs/promises';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import type { EventStoreDBClient } from '@eventstore/db-client';
import { clockOffMs } from '../../platform/process/clock-off.ts';
import { endpointOf, serverVersion } from './client.ts';
import { readFailure } from './reader.ts';

export type ServerInfo = {
  version(): Promise<string>;
  /** See the port. */
  clockOffMs(): Promise<number | undefined>;
};

const ANSWER_MS = 5_000;

export function serverInfo(url: string, client: EventStoreDBClient): ServerInfo {
  return {
    async version() {
      try {
        const { body } = await ask(url, client, '/info');
        return (JSON.parse(body) as { esVersion: string }).esVersion;
      } catch {
        // Where HTTP is not let through, the same port still speaks gRPC.
        return serverVersion(client).catch((error: unknown) => {
          throw readFailure(error);
        });
      }
    },
    async clockOffMs() {
      const time = async () => Date.parse((await ask(url, client, '/health/live')).date ?? '');
      // Told in whole seconds.
      const off = await clockOffMs(time, 1_000).catch(() => Number.NaN); // It does not tell its time.
      return Number.isNaN(off) ? undefined : off;
    },
  };
}

async function ask(url: string, client: EventStoreDBClient, path: string) {
  const endpoint = await endpointOf(client);
  const secure = !/[?&]tls=false(?:&|$)/i.test(url);
  const ca = /[?&]tlsCAFile=([^&]+)/i.exec(url)?.[1];
  const options = { timeout: ANSWER_MS, agent: false, ...(ca && { ca: await readFile(decodeURIComponent(ca)) }) };
  return new Promise<{ readonly body: string; readonly date: string | undefined }>((resolve, reject) => {
    const take = (response: IncomingMessage) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () => {
        if ((response.statusCode ?? 500) < 300) resolve({ body, date: response.headers.date });
        else reject(new Error(`${path} answered ${response.statusCode}`));
      });
    };
    const request = secure
      ? getSecure(`https://${endpoint}${path}`, options, take)
      : getPlain(`http://${endpoint}${path}`, options, take);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    request.on('error', reject);
  });
}
