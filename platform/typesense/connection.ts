/** Typesense: its nodes behind two clients, one that gives up soon for searching, one with patience for writing. */
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { Client } from 'typesense';
import type { Logger } from '../logging/logger.ts';
import { within } from '../process/within.ts';
import { TypesenseError, typesenseError } from './errors.ts';
import { serverOf, type TypesenseServer } from './versions.ts';

export type TypesenseConnection = {
  readonly nodes: readonly string[];
  /** What the server says of itself; remembered once it answered. Throws `TypesenseError`, `TypesenseUnsuitable`. */
  server(): Promise<TypesenseServer>;
  /** For what a person waits for: a second a node at most. Throws `TypesenseError`, `TypesenseUnsuitable`. */
  search<T>(ask: (client: Client) => Promise<T>): Promise<T>;
  /** For all else: half a minute a try. Throws as `search`. */
  write<T>(ask: (client: Client) => Promise<T>): Promise<T>;
  close(): void;
};

export type TypesenseOptions = {
  readonly urls: readonly string[];
  readonly apiKey: string;
  readonly logger: Logger;
  /** How long a node may take to answer a search, in milliseconds (1,000). */
  readonly searchTimeoutMs?: number;
  /** How long a node may take to answer anything else, in milliseconds (30,000). */
  readonly writeTimeoutMs?: number;
};

/** Between two nodes. */
const PAUSE_MS = 50;

/**
 * Speaks to the server at once. One that does not answer is no reason to stay closed, as searches have the rows to
 * fall back on: its version is then asked later. Throws `TypesenseUnsuitable` for a wrong key or too old a version.
 */
export async function openTypesense(options: TypesenseOptions): Promise<TypesenseConnection> {
  const { urls, apiKey, logger, searchTimeoutMs = 1_000, writeTimeoutMs = 30_000 } = options;
  const agents = { httpAgent: new Agent({ keepAlive: true }), httpsAgent: new SecureAgent({ keepAlive: true }) };
  const nodes = urls.map((url) => ({ url: url.replace(/\/+$/, '') }));
  const client = (timeoutMs: number) =>
    new Client({
      nodes,
      apiKey,
      ...agents,
      connectionTimeoutSeconds: timeoutMs / 1_000,
      // Each node once: whoever asks decides whether to ask again.
      numRetries: nodes.length - 1,
      retryIntervalSeconds: PAUSE_MS / 1_000,
      healthcheckIntervalSeconds: 15,
      // It would print to the console.
      logLevel: 'silent',
    });
  const [soon, patient] = [client(searchTimeoutMs), client(writeTimeoutMs)];
  // The client counts from the last byte that came: an answer that drips in would never be late.
  const bounded = <T>(timeoutMs: number, asked: Promise<T>): Promise<T> =>
    within(nodes.length * (timeoutMs + PAUSE_MS), asked).catch(rethrow);
  const server = rememberedServer(() => bounded(searchTimeoutMs, soon.debug.retrieve()), logger);
  const connection: TypesenseConnection = {
    nodes: urls,
    server,
    search: (ask) => bounded(searchTimeoutMs, ask(soon)),
    write: (ask) => bounded(writeTimeoutMs, ask(patient)),
    close() {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
  try {
    await server();
  } catch (error) {
    if (!(error instanceof TypesenseError)) {
      connection.close();
      throw error;
    }
    logger.warn({ nodes: urls }, `${error.message}: searches are answered from the rows until it is back`);
  }
  return connection;
}

/** Asks until it was answered once; warns of a version that nobody tried. */
function rememberedServer(ask: () => Promise<{ version: string }>, logger: Logger): () => Promise<TypesenseServer> {
  let known: TypesenseServer | undefined;
  return async () => {
    if (known) return known;
    const { version } = await ask();
    known = serverOf(String(version));
    if (!known.known) {
      logger.warn({ version }, `Typesense ${version} is newer than the versions Souk was made for, 0.24 to 30`);
    }
    return known;
  };
}

function rethrow(error: unknown): never {
  throw typesenseError(error);
}
