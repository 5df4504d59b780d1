/** What the gateway does when servers go away under a request, and with clients that ask too much: a real nginx, servers made for it. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { request as requestByTls } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../platform/postgres/free-port.ts';
import { describeUnless, itUnless } from '../test/support/describe-unless.ts';
import { ask } from './testing/ask.ts';
import { type Gateway, startGateway, whyNoNginx } from './testing/gateway.ts';

const noOpenssl = spawnSync('openssl', ['version']).error === undefined ? undefined : 'openssl is not installed';

const BEARER = { authorization: 'Bearer token' };
const KEY = { 'idempotency-key': 'once' };

describeUnless(whyNoNginx(), 'the gateway', () => {
  const gateways: Gateway[] = [];
  const servers: Server[] = [];
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.stop();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  });

  async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
    const server = createServer(handler).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  async function start(...[options]: Parameters<typeof startGateway>): Promise<Gateway> {
    const gateway = await startGateway(options);
    gateways.push(gateway);
    return gateway;
  }

  const problem = (status: number, code: string) => ({
    status,
    headers: expect.objectContaining({
      'content-type': 'application/problem+json',
      'x-request-id': expect.any(String),
    }),
    body: expect.stringContaining(`"status":${status},"code":"${code}"`),
  });

  describe('before servers that read a request and die', () => {
    /** How often a request was sent to some server; each takes it and ends without an answer. */
    async function timesSent(method: string, path: string, headers: Readonly<Record<string, string>> = {}) {
      const sent: string[] = [];
      const dying = () =>
        serve((request) => {
          sent.push(`${request.method} ${request.url}`);
          request.socket.destroy();
        });
      const ports = [await dying(), await dying()];
      const { port } = await start({ write: ports, read: ports });
      expect(await ask({ port, method, path, headers })).toMatchObject(problem(503, 'unavailable'));
      expect(new Set(sent)).toEqual(new Set([`${method} ${path}`]));
      return sent.length;
    }

    it.each([
      ['GET', '/products?q=a%20b', {}, 2],
      ['GET', '/orders/1/events', {}, 2],
      ['POST', '/carts', BEARER, 1],
      ['PATCH', '/users/me', BEARER, 1],
      ['POST', '/carts', { ...BEARER, ...KEY }, 2],
      ['PATCH', '/carts/1/items/2', { 'souk-cart-token': 'token', ...KEY }, 2],
      // The shop ignores the key of somebody who proves nothing, and every key there.
      ['POST', '/carts', KEY, 1],
      ['POST', '/auth/login', { ...BEARER, ...KEY }, 1],
      ['POST', '/webhooks/payments/sandbox', {}, 1],
    ] as const)('sends %s %s with %j to servers %i times', async (method, path, headers, times) => {
      expect(await timesSent(method, path, headers)).toBe(times);
    });
  });

  it('sends any request to another server where nobody listens, and says so where nobody does anywhere', async () => {
    const [alive, dead] = [await serve((_request, response) => response.end('done')), await freePort()];
    const one = await start({ write: [dead, alive], read: [dead, alive] });
    for (const method of ['GET', 'POST', 'PATCH', 'GET', 'POST', 'PATCH']) {
      expect(await ask({ port: one.port, method, path: '/x' })).toMatchObject({ status: 200, body: 'done' });
    }
    const none = await start({ write: [dead], read: [dead] });
    for (const method of ['GET', 'POST']) {
      const reply = await ask({ port: none.port, method, path: '/x', headers: { 'x-request-id': 'mine' } });
      expect(reply).toMatchObject(problem(503, 'unavailable'));
      expect(reply.headers).toMatchObject({ 'retry-after': '1', 'x-request-id': 'mine' });
      expect(() => JSON.parse(reply.body)).not.toThrow();
    }
  });

  it('hands on refusals of the shop as they are, and asks nobody else', async () => {
    let asked = 0;
    const shedding = await serve((_request, response) => {
      asked++;
      response
        .writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '7' })
        .end('{"code":"mine"}');
    });
    const { port } = await start({ write: [shedding, shedding], read: [shedding, shedding] });
    const reply = await ask({ port, path: '/products' });
    expect(reply).toMatchObject({ status: 503, body: '{"code":"mine"}', headers: { 'retry-after': '7' } });
    expect(asked).toBe(1);
  });

  it('tells the shop an id that it will keep, and of the client only what is so', async () => {
    const echo = await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const { port } = await start({ write: [echo], read: [echo] });
    const said = {
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-host': 'evil',
      forwarded: 'for=1',
      host: 'shop.test',
    };
    const headers = { ...said, 'x-request-id': 'two words', etag: 'x', 'souk-wait-for': '7' };
    const heard = JSON.parse((await ask({ port, path: '/x', headers })).body);
    expect(heard).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      'souk-wait-for': '7',
      host: 'shop.test',
    });
    expect([heard.forwarded, heard['x-forwarded-host'], heard.connection]).toEqual([undefined, undefined, undefined]);
  });

  it.each(['/orders/1/events', '/admin/events/stream', '/notifications/stream', '/sellers/me/analytics/live'])(
    'keeps nothing back of what comes by %s',
    async (path) => {
      const held: ServerResponse[] = [];
      const streaming = await serve((_request, response) => {
        // Neither chunks nor a length: of such an answer nginx would fill a buffer first.
        response.removeHeader('transfer-encoding');
        response.write('data: first\n\n');
        held.push(response);
      });
      const { url } = await start({ write: [streaming], read: [streaming] });
      const { body } = await fetch(`${url}${path}`);
      const heard = await body?.getReader().read();
      expect(Buffer.from(heard?.value ?? []).toString()).toBe('data: first\n\n');
      for (const response of held) response.end();
    },
  );

  it('limits the requests of an address in a second', async () => {
    const alive = await serve((_request, response) => response.end('done'));
    const settings = { GATEWAY_REQUESTS_PER_SECOND: '1', GATEWAY_BURST: '2' };
    const { port } = await start({ write: [alive], read: [alive], settings });
    let reply = await ask({ port, path: '/x' });
    expect(reply.status).toBe(200);
    while (reply.status === 200) reply = await ask({ port, path: '/x' });
    expect(reply).toMatchObject(problem(429, 'rate_limited'));
    expect(reply.headers['retry-after']).toBe('1');
    expect((await ask({ port, path: '/x', localAddress: '127.0.0.2' })).status).toBe(200);
  });

  it('limits the connections of an address, and leaves another alone', async () => {
    const held: ServerResponse[] = [];
    const holding = await serve((_request, response) => held.push(response));
    const settings = { GATEWAY_CONNECTIONS: '2' };
    const { port } = await start({ write: [holding], read: [holding], settings });
    const open = [ask({ port, path: '/a' }), ask({ port, path: '/b' })];
    while (held.length < 2) await new Promise((done) => setTimeout(done, 20));
    expect(await ask({ port, path: '/c' })).toMatchObject(problem(429, 'rate_limited'));
    open.push(ask({ port, path: '/d', localAddress: '127.0.0.2' }));
    while (held.length < 3) await new Promise((done) => setTimeout(done, 20));
    for (const response of held) response.end('done');
    for (const reply of await Promise.all(open)) expect(reply.status).toBe(200);
  });

  it('refuses in the words of the shop what cannot be read, or takes too long', async () => {
    const alive = await serve((_request, response) => response.end('done'));
    const { port } = await start({ write: [alive], read: [alive] });
    const slow = rawly(port, 'GET /x HTTP/1.1\r\nHost: x\r\nX-Slow');
    expect(await rawly(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json.*"malformed"/s);
    // As many bytes as a buffer has: what nginx left unread when it closes would cost us its answer.
    const full = (line: string) => line.padEnd(8_192, 'x');
    expect(await rawly(port, `GET /x HTTP/1.1\r\nHost: x\r\n${full('X-Long: ')}`)).toMatch(
      /^HTTP\/1\.1 400 .*"malformed"/s,
    );
    expect(await rawly(port, full('GET /'))).toMatch(/^HTTP\/1\.1 414 .*"malformed"/s);
    expect(await ask({ port, method: 'TRACE', path: '/x' })).toMatchObject(problem(405, 'method_not_allowed'));
    for (const path of ['/metrics', '/health/ready', '/problem/503']) {
      expect(await ask({ port, path })).toMatchObject(problem(404, 'not_found'));
    }
    // Half a header, and nothing more: the connection is closed without an answer.
    expect(await slow).not.toContain('done');
  });

  itUnless(noOpenssl, 'serves TLS where a certificate is given, and tells the shop so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'souk-certificate-'));
    const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
    const made = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost'.split(' ');
    spawnSync('openssl', ['req', ...made, '-keyout', key, '-out', certificate]);
    const echo = await serve((request, response) => response.end(request.headers['x-forwarded-proto']));
    const { tlsPort } = await start({ write: [echo], read: [echo], tls: { certificate, key } });
    const told = await new Promise((done, failed) => {
      const asked = requestByTls({ host: '127.0.0.1', port: tlsPort, rejectUnauthorized: false }, (response) => {
        response.once('data', (chunk) => done(String(chunk)));
      });
      asked.once('error', failed).end();
    });
    expect(told).toBe('https');
    await rm(folder, { recursive: true });
  });
});

/** What comes back for these bytes until the other side closes. */
function rawly(port: number, bytes: string): Promise<string> {
  return new Promise((done) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk) => {
      heard += chunk;
      if (heard.includes('}')) socket.destroy();
    });
    // Closed, or reset as what is too slow: either way there is no more.
    socket.once('error', () => socket.destroy()).once('close', () => done(heard));
  });
}
