/** The shop as docker-compose.yml has it: two write APIs, two read APIs, workers and projections, each a process. */
import { randomBytes } from 'node:crypto';
import { type Child, startChild } from '../../composition/testing/start-child.ts';
import { freePort } from '../../platform/postgres/free-port.ts';
import { createTestDatabase, type TestDatabase } from '../../platform/testing/test-database.ts';

export type Server = { readonly port: number; readonly child: Child };

export type Fleet = {
  readonly test: TestDatabase;
  readonly admin: { readonly email: string; readonly password: string };
  readonly write: readonly [Server, Server];
  readonly read: readonly [Server, Server];
  /** One more, or one with other settings. */
  start(role: RoleName, more?: Readonly<Record<string, string>>): Promise<Server>;
  stop(): Promise<void>;
};

type RoleName = 'write-api' | 'read-api' | 'workers' | 'projections';

/** Starts all of it on a database of its own. */
export async function startFleet(): Promise<Fleet> {
  const test = await createTestDatabase();
  const admin = { email: 'admin@souk.test', password: 'admin password' };
  const servers: Server[] = [];
  const env = {
    DATABASE_URL: test.url,
    SOUK_MASTER_KEY: randomBytes(32).toString('hex'),
    SOUK_ADMIN_EMAIL: admin.email,
    SOUK_ADMIN_PASSWORD: admin.password,
    TRUST_PROXY: '1',
    RATE_LIMIT: 'off',
  };
  async function start(role: RoleName, more: Readonly<Record<string, string>> = {}): Promise<Server> {
    const port = await freePort();
    const file = `${role === 'workers' ? 'commands' : role}/compose.ts`;
    const child = startChild(['--import', './composition/typescript.mjs', file], {
      ...env,
      PORT: String(port),
      ...more,
    });
    const server = { port, child };
    servers.push(server);
    await child.says('Souk is open at');
    return server;
  }
  async function stop(): Promise<void> {
    for (const { child } of servers) child.process.kill('SIGKILL');
    await Promise.all(servers.map(({ child }) => child.ended));
    await test.drop();
  }
  try {
    await start('projections');
    const first = await start('write-api');
    const [second, third, fourth] = await Promise.all([
      start('write-api'),
      start('read-api'),
      start('read-api'),
      start('workers', { PUBLIC_URL: `http://127.0.0.1:${first.port}` }),
    ]);
    return { test, admin, write: [first, second], read: [third, fourth], start, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
