/** A client that costs little: the load generator shares its processor with what it measures. */
import { Agent, request } from 'node:http';

export type HttpAnswer = {
  readonly status: number;
  readonly body: unknown;
  readonly headers: NodeJS.Dict<string | string[]>;
};

export type HttpClient = {
  /** JSON in, JSON out, over kept connections. Throws where the connection fails. */
  send(method: string, path: string, options?: SendOptions): Promise<HttpAnswer>;
  close(): void;
};

export type SendOptions = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

export function createHttpClient(url: string): HttpClient {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(url);
  return {
    send: (method, path, { body, headers = {} } = {}) =>
      new Promise((resolve, reject) => {
        const text = body === undefined ? undefined : JSON.stringify(body);
        const type = text === undefined ? {} : { 'content-type': 'application/json' };
        const length = text === undefined ? {} : { 'content-length': String(Buffer.byteLength(text)) };
        const all = { ...headers, ...type, ...length };
        const sent = request({ agent, hostname, port, method, path, headers: all }, (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', reject);
          answer.on('end', () => {
            const json = Buffer.concat(parts).toString('utf8');
            const parsed: unknown = json === '' ? undefined : JSON.parse(json);
            resolve({ status: answer.statusCode ?? 0, body: parsed, headers: answer.headers });
          });
        });
        sent.on('error', reject);
        sent.end(text);
      }),
    close: () => agent.destroy(),
  };
}
