/** Ports nobody listens on. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A free port on 127.0.0.1, below those the system gives to outgoing connections: a client that keeps trying one of
 * those while nobody listens may, on Linux, end up connected to itself and so hold the port of the server it waits for.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port between 20000 and 32000 on 127.0.0.1; end some of what listens there');
}

/** Whether nobody listens there at this moment; another process may take it in the next. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
