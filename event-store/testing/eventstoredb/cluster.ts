/** Doubles posing as a cluster: one log, one leader, gossip that tells who it is; a leader that is stopped is followed by another. */
import { createLog } from './log.ts';
import { type EventStoreDbDouble, type Started, startServer } from './server.ts';

export type EventStoreDbCluster = {
  /** Names all servers, so that the client discovers which of them leads. */
  readonly url: string;
  readonly nodes: readonly EventStoreDbDouble[];
  leader(): EventStoreDbDouble;
  /** Makes a server that runs the leader. */
  lead(node: EventStoreDbDouble): void;
  close(): Promise<void>;
};

export async function startEventStoreDbCluster(size = 3): Promise<EventStoreDbCluster> {
  const log = createLog(Date.now);
  const servers: Started[] = [];
  const stopped = new Set<number>();
  let leading = 0;

  const members = () =>
    servers.map(({ double, id }, n) => ({
      id,
      host: '127.0.0.1',
      port: double.port,
      leads: n === leading,
      alive: !stopped.has(n),
    }));
  const lead = (n: number) => {
    leading = n;
    const leader = { host: '127.0.0.1', port: servers[n]?.double.port ?? 0 };
    for (const [other, { state }] of servers.entries()) state.leader = other === n ? null : leader;
  };
  const elect = () => {
    const alive = servers.findIndex((_, n) => !stopped.has(n));
    if (stopped.has(leading) && alive !== -1) lead(alive);
  };

  for (let n = 0; n < size; n += 1) servers.push(await startServer({}, { log, members }));
  lead(0);
  const nodes = servers.map(
    ({ double }, n): EventStoreDbDouble => ({
      ...double,
      async stop() {
        stopped.add(n);
        await double.stop();
        elect();
      },
      async start() {
        await double.start();
        stopped.delete(n);
        elect();
      },
    }),
  );
  return {
    url: `esdb://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}?tls=false`,
    nodes,
    leader: () => nodes[leading] as EventStoreDbDouble,
    lead: (node) => lead(nodes.indexOf(node)),
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}
