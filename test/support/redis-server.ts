/** A Redis for a suite: the one a variable names, a container, or a redis-server of its own. */
import { Redis } from 'ioredis';
import { startRedisServer } from '../../platform/testing/redis-server.ts';
import { findEngine } from './engines.ts';
import { type How, noteEngine } from './notes.ts';

export type SuiteRedis = {
  readonly url: string;
  readonly how: How;
  /** What a suite that started it may do to it; undefined where others use it too. */
  readonly control: { kill(): Promise<void>; start(): Promise<void> } | undefined;
  close(): Promise<void>;
};

/** Starts or finds one; where there is none, the reason. Keys of others may be in a shared one: never empty that. */
export async function openRedisServer(): Promise<SuiteRedis | { readonly missing: string }> {
  const found = await findEngine('Redis');
  if (found.how === undefined) return { missing: found.why };
  const opened = found.url ? shared(found.url, found.how) : await startOwn();
  noteEngine({ engine: 'Redis', ...found, version: await versionOf(opened.url) });
  return opened;
}

function shared(url: string, how: How): SuiteRedis {
  return { url, how, control: undefined, close: async () => undefined };
}

async function startOwn(): Promise<SuiteRedis> {
  const options = { args: ['--maxmemory-policy', 'noeviction'] };
  let server = await startRedisServer(options);
  const { url, port } = server;
  const start = async () => {
    server = await startRedisServer({ ...options, port });
  };
  return { url, how: 'own server', control: { kill: () => server.kill(), start }, close: () => server.stop() };
}

async function versionOf(url: string): Promise<string | undefined> {
  // Of a cluster any node will do.
  const client = new Redis(url.split(',')[0] ?? url);
  const info = await client.info('server');
  client.disconnect();
  return /^redis_version:(\S+)/m.exec(info)?.[1];
}
