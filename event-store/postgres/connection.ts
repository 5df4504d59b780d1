/** One dedicated connection that says when it is lost. The writer and the notifier each own one. */
import pg from 'pg';

export type Connection = {
  readonly client: pg.Client;
  /** False from the moment the connection is known to be gone. */
  alive(): boolean;
  /** Resolves, never rejects, when the connection is gone, with the reason. */
  readonly lost: Promise<Error>;
  /** Ends it for good, without waiting for a server that does not answer. */
  destroy(): void;
};

const CONNECT_TIMEOUT_MS = 5_000;

/** Connects and runs `setup` (one or more statements). Rejects when either fails; nothing is left open then. */
export async function openConnection(url: string, applicationName: string, setup: string): Promise<Connection> {
  const client = new pg.Client({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  let alive = true;
  const lost = new Promise<Error>((resolve) => {
    const end = (error: Error) => {
      alive = false;
      resolve(error);
    };
    client.on('error', end);
    client.on('end', () => end(new Error('the connection to Postgres ended')));
  });
  const destroy = () => {
    alive = false;
    // The socket is cut first: a polite end waits for a server that may be stopped.
    client.connection.stream.destroy();
  };
  // A server may take the connection and then say nothing more (it is stopped, or the way to it is cut).
  const late = setTimeout(destroy, 2 * CONNECT_TIMEOUT_MS);
  try {
    await client.connect();
    await client.query(setup);
  } catch (error) {
    destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return { client, alive: () => alive, lost, destroy };
}

/**
 * Errors the server answered with, its connection still good: the statement had no effect. By the code as well, as a
 * server may tell the severity in its own language: 57P is an end from outside, 08 a broken connection.
 */
export function isRefusal(error: unknown): error is pg.DatabaseError {
  const { severity, code } = error as { severity?: unknown; code?: unknown };
  if (typeof severity !== 'string' || /^(?:FATAL|PANIC)/.test(severity)) return false;
  return !/^(?:57P|08)/.test(String(code));
}
