/** A connection to Redis, one server or a cluster: bounded in time, with nothing queued while it is away. */
import { createHash } from 'node:crypto';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../logging/logger.ts';
import { errorMessage } from '../process/error-code.ts';
import { pause } from '../process/pause.ts';
import { within } from '../process/within.ts';
import { checkMaster, checkRights } from './check-master.ts';
import { RedisUnavailable } from './errors.ts';

export type RedisConnection = {
  /** Where it is, without secrets, as `127.0.0.1:6379`. */
  readonly address: string;
  /** Refuses commands at once while Redis is away. */
  readonly client: Redis | Cluster;
  /** Of a cluster all masters that are known now, else the one server. */
  masters(): readonly Redis[];
  /** Resolves as soon as commands go out; also when the signal aborts. */
  whenReady(signal: AbortSignal): Promise<void>;
  /** One Lua call; the script may touch its one key alone, so that a cluster knows where to run it. */
  script(lua: string): RedisScript;
  close(): Promise<void>;
};

export type RedisScript = (key: string, ...args: readonly (string | number)[]) => Promise<unknown>;

/** A command that takes longer has failed; what it did is not known. */
const COMMAND_MS = 1_000;
/** A socket that is silent for so long with commands under way is given up. */
const SILENCE_MS = 2_000;
const CONNECT_MS = 5_000;
const LOOK_MS = 50;

type Options = {
  /** One: a server, as `redis://user:password@host:6379/0` or `rediss://…`. Several: nodes of a cluster. */
  readonly urls: readonly string[];
  readonly logger: Logger;
};

/**
 * Connects and looks at every master. Throws `RedisUnavailable` when none can be reached, and `RedisUnfit` when one is set
 * up so that it would lose what is kept in it.
 */
export async function openRedis({ urls, logger }: Options): Promise<RedisConnection> {
  const address = urls.map((url) => new URL(url).host).join(',');
  const client = urls.length > 1 ? clusterOf(urls) : serverOf(urls[0] ?? '');
  const watched = watch(client, { address, logger });
  const masters = () => (client instanceof Cluster ? client.nodes('master') : [client]);
  const close = async () => {
    watched.closing();
    client.disconnect();
  };
  try {
    await connected(client);
    // The client tells of a database that is not there by an event alone, and goes on in database 0.
    if (client instanceof Redis) await client.select(client.options.db ?? 0);
    for (const master of masters()) await checkMaster(master, logger);
    await checkRights(client, address);
  } catch (error) {
    await close();
    throw watched.explain(error);
  }
  return {
    address,
    client,
    masters,
    async whenReady(signal) {
      while (client.status !== 'ready' && !signal.aborted) {
        await pause(LOOK_MS, signal);
      }
    },
    script: (lua) => scriptOf(client, lua),
    close,
  };
}

const COMMON = {
  commandTimeout: COMMAND_MS,
  socketTimeout: SILENCE_MS,
  connectTimeout: CONNECT_MS,
  connectionName: 'souk',
  protocol: 2,
  // A command whose answer was lost is not sent again behind the caller's back, to a server that may be another by then.
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
} satisfies RedisOptions;

const again = (times: number) => Math.min(25 * 2 ** Math.min(times, 10), 1_000);

function serverOf(url: string): Redis {
  return new Redis(url, {
    ...COMMON,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: again,
    // The server became a replica: its name leads to another by now, or soon will.
    reconnectOnError: (error) => error.message.includes('READONLY'),
  });
}

function clusterOf(urls: readonly string[]): Cluster {
  const parsed = urls.map((url) => new URL(url));
  const other = parsed.find((url) => !['', '/', '/0'].includes(url.pathname));
  if (other)
    throw new RedisUnavailable(`${other.host}: a Redis cluster has database 0 only; name no other in REDIS_URL`);
  const nodes = parsed.map((url) => ({ host: hostOf(url), port: Number(url.port || 6379) }));
  const { username, password, protocol } = parsed[0] ?? new URL('redis://localhost');
  return new Cluster(nodes, {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: again,
    clusterNodeRetryStrategy: again,
    slotsRefreshTimeout: COMMAND_MS,
    // Half a second of redirections and failing over; then the caller does without.
    maxRedirections: 5,
    redisOptions: {
      ...COMMON,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' ? { tls: {} } : {}),
    },
  });
}

/** An IPv6 address without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** The first attempt alone: a server that is not there is told, not waited for. */
async function connected(client: Redis | Cluster): Promise<void> {
  const late = () => new RedisUnavailable(`it did not answer within ${CONNECT_MS / 1000} s`);
  await within(CONNECT_MS, client.connect(), late);
}

/** Tells the log when Redis goes and comes, once each; remembers why, as the client's own refusals do not say. */
function watch(client: Redis | Cluster, { address, logger }: { readonly address: string; readonly logger: Logger }) {
  let why: unknown;
  let was: 'new' | 'ready' | 'away' | 'closing' = 'new';
  client.on('error', (error) => {
    why = error;
  });
  client.on('ready', () => {
    if (was === 'away') logger.info({ redis: address }, 'Redis is back');
    if (was !== 'closing') was = 'ready';
  });
  client.on('close', () => {
    if (was !== 'ready') return;
    was = 'away';
    logger.warn({ redis: address }, 'Redis is away: the shop goes on without it');
  });
  return {
    closing() {
      was = 'closing';
    },
    explain(error: unknown): unknown {
      if (typeof error === 'object' && error !== null && 'name' in error && error.name === 'RedisUnfit') return error;
      // A cluster's client says that all nodes failed; how, the last of them.
      const last = (why as { lastNodeError?: unknown } | undefined)?.lastNodeError;
      const reason = errorMessage(last ?? why ?? error);
      const todo = 'start it, or correct REDIS_URL';
      return new RedisUnavailable(`Redis at ${address} cannot be used (${reason}): ${todo}`, why ?? error);
    },
  };
}

function scriptOf(client: Redis | Cluster, lua: string): RedisScript {
  const name = `souk${createHash('sha1').update(lua).digest('hex').slice(0, 12)}`;
  client.defineCommand(name, { numberOfKeys: 1, lua });
  const commands = client as unknown as Record<string, RedisScript>;
  return async (key, ...args) => commands[name]?.(key, ...args);
}
