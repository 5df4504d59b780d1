/** A Redis cluster of its own for a test: three masters without replicas. */

import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../postgres/free-port.ts';
import { type RedisServer, startRedisServer } from './redis-server.ts';

export type RedisCluster = {
  /** As in REDIS_URL: with commas between. */
  readonly url: string;
  readonly servers: readonly RedisServer[];
  stop(): Promise<void>;
};

const SLOTS = 16_384;
const MASTERS = 3;

/** Starts them and waits until all of them know who has which slots. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const buses = await Promise.all(Array.from({ length: MASTERS }, () => freePort()));
  const args = (bus: number) => ['--cluster-enabled', 'yes', '--cluster-port', String(bus), '--appendonly', 'no'];
  const servers = await Promise.all(buses.map((bus) => startRedisServer({ args: args(bus) })));
  const nodes = servers.map(({ url }) => new Redis(url));
  const share = Math.ceil(SLOTS / MASTERS);
  for (const [at, node] of nodes.entries()) {
    await node.call('cluster', 'addslotsrange', at * share, Math.min((at + 1) * share, SLOTS) - 1);
    await nodes[0]?.call('cluster', 'meet', '127.0.0.1', servers[at]?.port ?? 0, buses[at] ?? 0);
  }
  for (const node of nodes) {
    while (!isWhole(String(await node.call('cluster', 'info')))) await delay(50);
    node.disconnect();
  }
  return {
    url: servers.map((server) => server.url).join(','),
    servers,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

function isWhole(info: string): boolean {
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${MASTERS}`);
}
