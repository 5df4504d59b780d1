/** Keeps one connection to the embedded server; when it breaks, the server is brought up again on the same port. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from '../logging/logger.ts';
import { errorMessage } from '../process/error-code.ts';

export type Watch = {
  /** Ends the watch and hands over the connection, if it stands. */
  stop(): Promise<pg.Client | undefined>;
};

export type WatchOptions = {
  readonly first: pg.Client;
  /** Starts or joins the server on the port it had, and connects. */
  readonly again: () => Promise<pg.Client>;
  readonly logger: Logger;
};

/** Watches until stopped. */
export function watch({ first, again, logger }: WatchOptions): Watch {
  const ending = new AbortController();
  let current: pg.Client | undefined = first;
  let lost = whenLost(first);

  const run = async () => {
    while (!ending.signal.aborted) {
      await Promise.race([lost, aborted(ending.signal)]);
      if (ending.signal.aborted) return;
      current = undefined;
      logger.warn('the connection to the embedded Postgres is lost; bringing it up again');
      current = await reconnect(again, ending.signal, logger);
      if (current) lost = whenLost(current);
    }
  };
  const done = run();
  return {
    async stop() {
      ending.abort();
      await done;
      return current;
    },
  };
}

async function reconnect(
  again: () => Promise<pg.Client>,
  signal: AbortSignal,
  logger: Logger,
): Promise<pg.Client | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      // By chance, so that of several processes one is first and the others find its server.
      await delay(Math.random() * Math.min(100 * 2 ** attempt, 5_000), undefined, { signal });
      const client = await again();
      logger.info('the embedded Postgres is back');
      return client;
    } catch (error) {
      if (signal.aborted) return undefined;
      logger.error({ err: error, attempt }, `the embedded Postgres is not back yet: ${errorMessage(error)}`);
    }
  }
  return undefined;
}

function whenLost(client: pg.Client): Promise<void> {
  return new Promise((resolve) => client.once('end', () => resolve()));
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
