/** A client for tests: calls routes and keeps what they answered. */
import { randomUUID } from 'node:crypto';

/** JSON of any shape; a test says what it expects of it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers without a type for each
export type Json = any;

export type Reply = {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; undefined where there was no body. */
  readonly body: Json;
};

/** Who calls: signed in, holding a cart's token, or both; nobody where it is left out. */
export type As = { readonly accessToken?: string; readonly cartToken?: string };

export type CallOptions = {
  readonly as?: As;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** `POST /carts`: the method and the path. */
export type Call = (request: string, options?: CallOptions) => Promise<Reply>;

export type Client = {
  readonly call: Call;
  /** `call` that must succeed: its body. Sends an Idempotency-Key with every write. */
  readonly done: (request: string, options?: CallOptions) => Promise<Json>;
};

export function createClient(url: string): Client {
  const call: Call = async (request, { as = {}, body, headers = {} } = {}) => {
    const [method = 'GET', path = '/'] = request.split(' ');
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(as.accessToken === undefined ? {} : { authorization: `Bearer ${as.accessToken}` }),
        ...(as.cartToken === undefined ? {} : { 'souk-cart-token': as.cartToken }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  return {
    call,
    async done(request, options = {}) {
      const key = request.startsWith('GET') ? {} : { 'idempotency-key': randomUUID() };
      const reply = await call(request, { ...options, headers: { ...key, ...options.headers } });
      if (reply.status >= 300) throw new Error(`${request}: ${reply.status} ${JSON.stringify(reply.body)}`);
      return reply.body;
    },
  };
}
