import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createLogger } from '../logging/logger.ts';
import { isAlive, signalProcess, waitForExit } from '../process/alive.ts';
import { clearTestFolder } from '../testing/test-folder.ts';
import { until } from '../testing/until.ts';
import { openDatabase } from './database.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { ask } from './embedded-client.ts';
import { readPostmaster } from './postmaster-pid.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
// One folder for all: making a cluster is what takes long. Each test leaves it whole, and nothing running.
let dataDir: string;
let running: EmbeddedPostgres[] = [];

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'souk-embedded-'));
  // Root's unprivileged account must be let in, else the data would lie elsewhere.
  if (process.getuid?.() === 0) await chmod(dataDir, 0o755);
});
afterEach(async () => {
  for (const server of running) await server.stop({ evenIfShared: true });
  running = [];
});
afterAll(() => clearTestFolder(dataDir));

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, logger });
  running.push(server);
  return server;
}

const dataOf = (server: EmbeddedPostgres) => join(server.location, 'cluster', 'data');

async function pidOf(server: EmbeddedPostgres): Promise<number> {
  const pid = (await readPostmaster(dataOf(server)))?.pid;
  if (pid === undefined) throw new Error('no server');
  return pid;
}

/** Ends the server and all its processes' parent as a crash would. */
async function crash(server: EmbeddedPostgres): Promise<number> {
  const pid = await pidOf(server);
  signalProcess(pid, 'SIGKILL');
  await waitForExit(pid, 10_000);
  return pid;
}

/** Leaves a database with one row behind and nothing running; gives its folder of data. */
async function madeAndStopped(): Promise<string> {
  const server = await start();
  await keepSeven(server);
  await server.stop();
  return dataOf(server);
}

const keepSeven = (server: EmbeddedPostgres) =>
  ask(server.url, 'drop table if exists kept; create table kept (n int); insert into kept values (7)');

const kept = (server: EmbeddedPostgres) => ask(server.url, 'select n from kept');

it('starts on an empty folder, safe against power cuts, in UTF-8 and UTC, and hears only this machine', async () => {
  const server = await start();
  expect(server).toMatchObject({ joined: false, version: expect.stringMatching(/^1[5-9]\./) });
  const names = [
    'fsync',
    'synchronous_commit',
    'server_encoding',
    'TimeZone',
    'listen_addresses',
    'password_encryption',
  ];
  const rows = await ask<{ setting: string }>(
    server.url,
    `select setting from unnest('{${names}}'::text[]) with ordinality as wanted (name, at) join pg_settings using (name) order by at`,
  );
  expect(rows.map((row) => row.setting)).toEqual(['on', 'on', 'UTF8', 'UTC', '127.0.0.1', 'scram-sha-256']);
  expect((await stat(join(server.location, 'cluster', 'password'))).mode & 0o777).toBe(0o600);
});

it('refuses whoever does not know the password', async () => {
  const server = await start();
  const url = new URL(server.url);
  url.password = 'guess';
  await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

it('keeps the data and the port over a stop and a start', async () => {
  const first = await start();
  await keepSeven(first);
  const pid = await pidOf(first);
  await first.stop();
  expect(await isAlive(pid)).toBe(false);
  const second = await start();
  expect(second).toMatchObject({ joined: false, url: first.url });
  expect(await kept(second)).toEqual([{ n: 7 }]);
});

it('joins a server that runs; the last one out stops it', async () => {
  const first = await start();
  const second = await start();
  expect(second).toMatchObject({ joined: true, url: first.url });
  const pid = await pidOf(first);
  await first.stop();
  expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await second.stop();
  expect(await isAlive(pid)).toBe(false);
});

it('is left running while a pool of Souk uses it', async () => {
  const server = await start();
  const database = openDatabase(server.url, { applicationName: 'souk-read-api' });
  await database.pool.query('select 1');
  await server.stop();
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await database.close();
  expect((await start()).joined).toBe(true);
});

it('is started by exactly one of several that start at once', async () => {
  const servers = await Promise.all([start(), start(), start(), start()]);
  expect(servers.filter((server) => !server.joined)).toHaveLength(1);
  expect(new Set(servers.map((server) => server.url)).size).toBe(1);
  await Promise.all(servers.map((server) => server.stop()));
  expect(await readPostmaster(dataOf(servers[0] as EmbeddedPostgres))).toBeUndefined();
});

it('is brought up again on the same port when it is killed, and pools find it', async () => {
  const server = await start();
  const database = openDatabase(server.url, { applicationName: 'souk-test' });
  await keepSeven(server);
  const killed = await crash(server);
  const { rows } = await until(() => database.pool.query('select n from kept').catch(() => undefined));
  expect(rows).toEqual([{ n: 7 }]);
  expect(await pidOf(server)).not.toBe(killed);
  await database.close();
});

it('is brought up by one of several processes’ watches, and all are in it again', async () => {
  const [first, second] = [await start(), await start()];
  await crash(first);
  const presences = `select count(*)::int as n from pg_stat_activity where application_name = 'souk-presence'`;
  await until(async () => (await ask<{ n: number }>(first.url, presences).catch(() => []))[0]?.n === 2);
  await first.stop();
  expect(await ask(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('joins what a killed process of ours left running', async () => {
  const script = `
    import { startEmbeddedPostgres } from './platform/postgres/embedded.ts';
    import { pino } from 'pino';
    await startEmbeddedPostgres({ dataDir: process.argv[1], logger: pino({ level: 'silent' }) });
    console.log('up');`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await start()).joined).toBe(true);
});

it('starts after a crash of server and shop together, with the crash’s pid file still there', async () => {
  const data = await madeAndStopped();
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  await writeFile(join(data, 'postmaster.pid'), `${child.pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready   \n`);
  expect(await kept(await start())).toEqual([{ n: 7 }]);
});

it('takes a stale pid file’s number, given to another process since, neither for the server nor ends that process', async () => {
  const data = await madeAndStopped();
  const alien = spawn('sleep', ['600'], { stdio: 'ignore' });
  await writeFile(join(data, 'postmaster.pid'), `${alien.pid}\n${data}\n1\n5432\n\n127.0.0.1\n\nready   \n`);
  const server = await start();
  expect(server.joined).toBe(false);
  expect(await kept(server)).toEqual([{ n: 7 }]);
  expect(await isAlive(alien.pid ?? -1)).toBe(true);
  alien.kill('SIGKILL');
});

it('starts though nobody buries the server that was killed: in a container its process may stay a zombie for ever', async () => {
  const data = await madeAndStopped();
  // The shell turns into a process that buries nobody; of the account that Postgres runs as, or it would not mind.
  const { uid } = await stat(data);
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    ...(process.getuid?.() === 0 ? { uid } : {}),
  });
  const zombie = Number(String((await once(parent.stdout, 'data'))[0]));
  await waitForExit(zombie, 10_000);
  await writeFile(join(data, 'postmaster.pid'), `${zombie}\n${data}\n1\n5432\n\n127.0.0.1\n\nready   \n`);
  const server = await start();
  expect(await kept(server)).toEqual([{ n: 7 }]);
  parent.kill('SIGKILL');
});

it('ends a server that does not answer, and starts it anew', async () => {
  const first = await start();
  await keepSeven(first);
  const pid = await pidOf(first);
  signalProcess(pid, 'SIGSTOP');
  const second = await start();
  expect(second.joined).toBe(false);
  expect(await isAlive(pid)).toBe(false);
  expect(await kept(second)).toEqual([{ n: 7 }]);
});

it('takes another port when the one it had is taken', async () => {
  const first = await start();
  await first.stop();
  const thief = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  await once(thief, 'listening');
  const second = await start();
  expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
  thief.close();
});

it('starts over when making the cluster was cut short', async () => {
  const server = await start();
  await server.stop();
  await mkdir(join(server.location, 'cluster.new-1'));
  await rename(join(server.location, 'cluster'), join(server.location, 'cluster.new-1', 'cluster'));
  const again = await start();
  expect(await ask(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  expect(await readdir(again.location)).not.toContain('cluster.new-1');
});

it('shows the end of Postgres’ own log and what to do when the data are damaged', async () => {
  const data = await madeAndStopped();
  const control = join(data, 'global', 'pg_control');
  await rename(control, `${control}.away`);
  await expect(start()).rejects.toThrow(
    /did not start. Its log \(.*postgres\.log\) ends with:[\s\S]*pg_control[\s\S]*SOUK_DATA_DIR/,
  );
  await rename(`${control}.away`, control);
});

it('says what to do when the data folder is a file', async () => {
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  await expect(startEmbeddedPostgres({ dataDir: join(file, 'x'), logger })).rejects.toThrow(
    /cannot be written .* set SOUK_DATA_DIR/,
  );
});

it('tells the log nothing secret', async () => {
  const server = await start();
  const { password } = new URL(server.url);
  expect(await readFile(join(server.location, 'postgres.log'), 'utf8')).not.toContain(password);
});
