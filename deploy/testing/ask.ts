/** One HTTP request as it is written here: no path made tidy, from an address of choice. */
import { type IncomingHttpHeaders, request } from 'node:http';

type Asked = {
  readonly port: number;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Any of 127.0.0.0/8. */
  readonly localAddress?: string;
};

export type Answered = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string };

export function ask({ port, method = 'GET', path, headers = {}, localAddress }: Asked): Promise<Answered> {
  return new Promise((done, failed) => {
    const asked = request(
      { host: '127.0.0.1', port, method, path, headers, agent: false, ...(localAddress ? { localAddress } : {}) },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        response.once('error', failed);
        response.once('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    asked.once('error', failed);
    asked.end();
  });
}
