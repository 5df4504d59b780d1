/** The gateway as docker-compose.yml sets it, by the nginx of this machine on free ports, before servers that a test names. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../platform/postgres/free-port.ts';
import { readCompose } from './compose-file.ts';

const SOURCE = resolve(import.meta.dirname, '../nginx');

export type Gateway = {
  readonly url: string;
  readonly port: number;
  /** Set where a certificate was given. */
  readonly tlsPort: number | undefined;
  /** One line a request: `… upstream=<address>, <address>:<status>, <status> id=<X-Request-Id>`. */
  accessLog(): string;
  stop(): Promise<void>;
};

type Options = {
  /** Ports on this machine. */
  readonly write: readonly number[];
  readonly read: readonly number[];
  /** Instead of what docker-compose.yml says. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly tls?: { readonly certificate: string; readonly key: string };
};

/** Why the gateway cannot be tried here; undefined where it can. */
export function whyNoNginx(): string | undefined {
  // Other systems give a process no second loopback address, and macOS no nginx of Debian.
  if (process.platform !== 'linux') return 'not on Linux';
  return spawnSync('nginx', ['-v']).error === undefined ? undefined : 'nginx is not installed';
}

/** Starts it and waits until it answers; throws with what nginx said when it does not start. */
export async function startGateway({ write, read, settings, tls }: Options): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), 'souk-gateway-'));
  // nginx's workers are another account where it is started by root.
  chmodSync(folder, 0o755);
  for (const name of ['conf.d', 'souk', 'temp']) mkdirSync(join(folder, name));
  const [port, healthPort, tlsPort] = [await freePort(), await freePort(), await freePort()];
  const given = readCompose().services.gateway?.environment ?? {};
  const values = {
    ...given,
    GATEWAY_LISTEN: `listen 127.0.0.1:${port}; ${tls ? 'include souk/tls.conf;' : ''}`,
    GATEWAY_WRITE_SERVERS: serverLines(given.GATEWAY_WRITE_SERVERS ?? '', write),
    GATEWAY_READ_SERVERS: serverLines(given.GATEWAY_READ_SERVERS ?? '', read),
    GATEWAY_HEALTH_PORT: String(healthPort),
    GATEWAY_LOG: join(folder, 'access.log'),
    ...settings,
  };
  writeFileSync(
    join(folder, 'conf.d/souk.conf'),
    render(readFileSync(join(SOURCE, 'souk.conf.template'), 'utf8'), values),
  );
  writeFileSync(join(folder, 'nginx.conf'), MAIN);
  if (tls) {
    const conf = readFileSync(join(SOURCE, 'tls.conf'), 'utf8').replace('listen 8443', `listen 127.0.0.1:${tlsPort}`);
    writeFileSync(join(folder, 'souk/tls.conf'), conf);
    copyFileSync(tls.certificate, join(folder, 'souk/certificate.pem'));
    copyFileSync(tls.key, join(folder, 'souk/key.pem'));
  }
  const said = join(folder, 'said');
  const out = openSync(said, 'w');
  const nginx = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  let over = false;
  const ended = new Promise<void>((done) =>
    nginx.once('close', () => {
      over = true;
      done();
    }),
  );
  while (!(await answers(`http://127.0.0.1:${healthPort}/`))) {
    if (over) throw new Error(`nginx did not start: ${readFileSync(said, 'utf8')}`);
    await delay(20);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    tlsPort: tls ? tlsPort : undefined,
    accessLog: () => readFileSync(join(folder, 'access.log'), 'utf8'),
    async stop() {
      nginx.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What the image has in its own nginx.conf, as far as it matters, in one folder. */
const MAIN = `daemon off;
pid nginx.pid;
worker_processes 2;
error_log stderr warn;
events { worker_connections 1024; }
http {
  client_body_temp_path temp/body;
  proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi;
  scgi_temp_path temp/scgi;
  include conf.d/*.conf;
}
`;

/** What the image's envsubst does, limited to the gateway's own names; throws for one that has no value. */
export function render(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template wants ${name}, and nothing gives it`);
    return value;
  });
}

/** The line of docker-compose.yml, once for each port: how failures are counted is the real thing. */
function serverLines(line: string, ports: readonly number[]): string {
  // Debian's nginx cannot follow a name as it moves, and has none to follow here.
  const local = line.replace(' resolve', '');
  return ports.map((port) => local.replace(/server \S+/, `server 127.0.0.1:${port}`)).join(' ');
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    // Nobody listens yet.
    return false;
  }
}
