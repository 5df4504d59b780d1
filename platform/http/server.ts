/** The listening socket, and how it stops: no new connections, answers in hand go out, streams end, then nothing is left. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '../logging/logger.ts';
import { type App, createApp } from './app.ts';
import type { AppOptions } from './kit.ts';

export type HttpServer = {
  readonly port: number;
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string;
  /** Ends gracefully; what has not ended after `drainMs` is cut. Safe to call twice. */
  stop(): Promise<void>;
};

type Listen = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How long requests in hand may take to end, in ms (10,000). */
  readonly drainMs?: number;
};

/** An app of these options on a socket. Throws where the port is taken, saying what to do. */
export async function createHttpServer(options: AppOptions & Listen): Promise<HttpServer> {
  return listen(createApp(options), options, options.logger);
}

async function listen(app: App, to: Listen, logger: Logger): Promise<HttpServer> {
  const server = createServer(app.handle);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // Longer than a gateway keeps its own connections (60 s), so that it is never the server that closes one in use.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  server.requestTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explained(error, to)));
    server.listen(to.port, to.host, () => resolve());
  });
  server.on('error', (error) => logger.error({ err: error }, 'the HTTP server failed'));
  const { port } = server.address() as AddressInfo;
  let stopped: Promise<void> | undefined;
  return {
    port,
    url: `http://${to.host.includes(':') ? `[${to.host}]` : to.host}:${port}`,
    stop: () => {
      stopped ??= drain({ server, app, sockets, drainMs: to.drainMs ?? 10_000 });
      return stopped;
    },
  };
}

type Draining = {
  readonly server: Server;
  readonly app: App;
  readonly sockets: ReadonlySet<Socket>;
  readonly drainMs: number;
};

async function drain({ server, app, sockets, drainMs }: Draining): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  app.stop();
  // Connections kept alive have no request in hand, and those a browser opened in advance never had one: Node ends
  // neither by itself. Without this the stop would last as long as the slowest client keeps its socket. What has said
  // nothing yet is given until the next sweep: its request may have arrived and wait to be read.
  server.closeIdleConnections();
  const sweep = setInterval(() => {
    server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }, 100);
  const cut = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}

function explained(error: Error, { host, port }: Listen): Error {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new Error(`port ${port} on ${host} is taken: stop what listens there, or set PORT to another`, {
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new Error(`port ${port} needs rights this user lacks: set PORT to one above 1023`, { cause: error });
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new Error(`${host} is no address of this machine: set HOST to one, such as 127.0.0.1`, { cause: error });
  }
  return error;
}
