/** The double's sockets, in its own hands: so that they can be cut and paused as a dying or a stopped process does. */
import { once } from 'node:events';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import type { ConnectionInjector } from '@grpc/grpc-js/build/src/server.js';
import type { FaultState } from './faults.ts';

export type Connections = {
  listen(port: number): Promise<number>;
  /** Refuses new connections and cuts all that there are. */
  stop(): Promise<void>;
  cutAll(): void;
  pauseAll(): void;
  resumeAll(): void;
  /** Cuts the connection that a call came by. @param peer as the call's getPeer() says it */
  cut(peer: string): void;
  /** Whether the connection of a call was cut: what it still carries is not heard. */
  isCut(peer: string): boolean;
};

/** What Node keeps a socket's native end under: pausing the socket itself does nothing once HTTP/2 reads from it. */
type WithHandle = { readonly _handle?: { readStop(): void; readStart(): void } | null };

export function createConnections(injector: ConnectionInjector, faults: FaultState): Connections {
  const sockets = new Map<string, Socket>();
  /** Taken while frozen: nobody talks to them yet. */
  const kept = new Set<Socket>();
  let server: NetServer | undefined;

  const take = (socket: Socket) => {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    sockets.set(peer, socket);
    socket.setNoDelay(true);
    socket.once('close', () => {
      kept.delete(socket);
      if (sockets.get(peer) === socket) sockets.delete(peer);
    });
    // A reset by the other side is no fault of the double; without a listener it would end the process.
    socket.on('error', () => socket.destroy());
    if (faults.frozen) kept.add(socket);
    else injector.injectConnection(socket);
  };

  const cutAll = () => {
    for (const socket of sockets.values()) socket.destroy();
  };

  return {
    async listen(port) {
      server = createServer(take).listen(port, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('the double listens on no port');
      return address.port;
    },
    async stop() {
      const closing = server;
      server = undefined;
      cutAll();
      if (closing) await new Promise<void>((resolve) => closing.close(() => resolve()));
    },
    cutAll,
    pauseAll() {
      for (const socket of sockets.values()) (socket as unknown as WithHandle)._handle?.readStop();
    },
    resumeAll() {
      for (const socket of sockets.values()) {
        if (kept.delete(socket)) injector.injectConnection(socket);
        else (socket as unknown as WithHandle)._handle?.readStart();
      }
    },
    cut: (peer) => sockets.get(peer)?.destroy(),
    isCut: (peer) => sockets.get(peer)?.destroyed ?? true,
  };
}
