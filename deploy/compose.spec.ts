/** docker-compose.yml, held against the code: every variable, port, path and health check in it is one that there is. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadConfig, type Role } from '../platform/config/config.ts';
import { VARIABLES } from '../platform/config/variables.ts';
import { healthRoutes } from '../platform/http/health.ts';
import { MAX_BODY_BYTES } from '../platform/http/json-body.ts';
import { composeText, FILLED, ROOT, readCompose, type Service } from './testing/compose-file.ts';
import { render } from './testing/gateway.ts';

/** Service to the file that it runs and the role that this file is. */
const ROLES: Readonly<Record<string, { readonly role: Role; readonly file: string }>> = {
  'write-api': { role: 'write-api', file: 'write-api/compose.ts' },
  'read-api': { role: 'read-api', file: 'read-api/compose.ts' },
  workers: { role: 'workers', file: 'commands/compose.ts' },
  projections: { role: 'projections', file: 'projections/compose.ts' },
};
const REPLICAS = { 'write-api': 2, 'read-api': 2, projections: 2 };

/** What each image has to look at itself with, as far as a check may use it. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  nginx: ['wget'],
  'eventstore/eventstore': ['curl'],
  postgres: ['pg_isready'],
  redis: ['redis-cli'],
  'typesense/typesense': ['bash'],
  'axllent/mailpit': ['/mailpit'],
  'prom/prometheus': ['wget'],
  'grafana/grafana': ['wget'],
};

const OTHERS = ['eventstore', 'postgres', 'redis', 'typesense', 'gateway', 'mail', 'prometheus', 'grafana'];

const compose = readCompose();
const services = Object.entries(compose.services);
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

function service(name: string): Service {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The ports that a service listens on, as far as the file says. */
function portsOf({ expose = [], ports = [] }: Service): number[] {
  return [...expose, ...ports.map((port) => port.split(':').at(-1) ?? '')].map(Number);
}

describe('docker-compose.yml', () => {
  it('has every role, every engine, and what stands beside them', () => {
    expect(Object.keys(compose.services).sort()).toEqual([...Object.keys(ROLES), ...OTHERS].sort());
    for (const [name, replicas] of Object.entries(REPLICAS)) expect(service(name).deploy?.replicas).toBe(replicas);
  });

  it('refuses to start without any of its secrets, and has none written down', () => {
    for (const name of Object.keys(FILLED)) {
      const { [name]: _, ...others } = FILLED;
      expect(() => readCompose(others)).toThrow(`required variable ${name} is missing a value`);
    }
    const open = /^ *\w*(?:PASSWORD|KEY|SECRET|TOKEN)\w*:(?! *(?:\$\{|\*))(.+)$/gm;
    expect([...composeText().matchAll(open)].map(([line]) => line.trim())).toEqual([]);
    // Its first lines make them all.
    const made = /for name in ([\w ]+); do/.exec(composeText())?.[1]?.split(' ').sort();
    expect(made).toEqual(Object.keys(FILLED).sort());
  });

  it.each(services)('%s is restarted, limited, and looked after', (name, one) => {
    expect(one.restart).toBe('unless-stopped');
    expect(one.deploy?.resources?.limits).toEqual({
      cpus: expect.stringMatching(/^\d\.\d$/),
      memory: expect.stringMatching(/^\d+[MG]$/),
    });
    expect(one.image).toMatch(/^[\w./-]+:[\w.]*\d[\w.-]*$|^souk:local$/);
    const [form, command] = one.healthcheck?.test ?? [];
    if (name in ROLES) return;
    const program = form === 'CMD-SHELL' ? command?.split(' ')[0] : command;
    expect(COMMANDS[one.image?.split(':')[0] ?? '']).toContain(program);
    expect(['CMD', 'CMD-SHELL']).toContain(form);
    // What it asks is a port of its own.
    const asked = /(?:127\.0\.0\.1[:/])(\d+)/.exec(one.healthcheck?.test.join(' ') ?? '')?.[1];
    const own = [...portsOf(one), Number(one.environment?.GATEWAY_HEALTH_PORT)];
    if (asked) expect(own).toContain(Number(asked));
  });

  it('starts each after what it needs, once that is healthy, and never in a circle', () => {
    const waitsFor = (name: string): string[] => Object.keys(service(name).depends_on ?? {});
    const all = (name: string, seen: readonly string[] = []): string[] => {
      if (seen.includes(name)) throw new Error(`${[...seen, name].join(' waits for ')}`);
      return waitsFor(name).flatMap((next) => [next, ...all(next, [...seen, name])]);
    };
    for (const [name, { depends_on = {} }] of services) {
      for (const [next, { condition }] of Object.entries(depends_on)) {
        expect([name, next, condition, typeof service(next).healthcheck]).toEqual([
          name,
          next,
          'service_healthy',
          'object',
        ]);
      }
      all(name);
    }
    for (const name of Object.keys(ROLES)) {
      expect(waitsFor(name)).toEqual(expect.arrayContaining(['eventstore', 'postgres', 'redis', 'typesense']));
    }
    expect(all('gateway')).toEqual(expect.arrayContaining(['write-api', 'read-api', 'projections']));
  });

  it('declares every volume it mounts, uses every one it declares, and mounts files that exist', () => {
    const mounts = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const named = mounts.filter((from) => !/^[./]/.test(from));
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
    const files = mounts.filter((from) => from.startsWith('./'));
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it('publishes to others than this machine only the gateway', () => {
    for (const [name, { ports = [] }] of services) {
      for (const port of ports)
        if (name !== 'gateway') expect([name, port]).toEqual([name, expect.stringMatching(/^127\./)]);
    }
  });
});

describe.each(Object.entries(ROLES))('the service %s', (name, { role, file }) => {
  const env = { ...(service(name).environment ?? {}) };
  const config = loadConfig(env, role);

  it('sets only what the shop reads, and values that it takes', () => {
    expect(Object.keys(env).filter((variable) => !(variable in VARIABLES))).toEqual([]);
    expect(config.warnings).toEqual([]);
    // With an administrator and everything else that one may set.
    const more = { SOUK_ADMIN_EMAIL: 'a@souk.test', SOUK_ADMIN_PASSWORD: '0123456789', CORS_ORIGINS: 'https://a.test' };
    const full = readCompose({ ...FILLED, ...more, PUBLIC_URL: 'https://souk.test', LOG_LEVEL: 'debug' });
    expect(loadConfig({ ...full.services[name]?.environment }, role)).toMatchObject({
      admin: { email: 'a@souk.test' },
    });
  });

  it('reaches each engine by the name and the port of its service, with its password', () => {
    const urls = [env.EVENTSTORE_URL, env.DATABASE_URL, env.REDIS_URL, env.TYPESENSE_URL].map(
      (url) => new URL(url ?? ''),
    );
    for (const { hostname, port } of urls) expect(portsOf(service(hostname))).toContain(Number(port));
    expect(urls.map(({ hostname }) => hostname)).toEqual(['eventstore', 'postgres', 'redis', 'typesense']);
    const postgres = service('postgres').environment;
    expect(urls[1]).toMatchObject({
      username: postgres?.POSTGRES_USER,
      password: postgres?.POSTGRES_PASSWORD,
      pathname: `/${postgres?.POSTGRES_DB}`,
    });
    const { command = [], environment } = service('redis');
    expect([command[command.indexOf('--requirepass') + 1], environment?.REDISCLI_AUTH]).toEqual([
      urls[2]?.password,
      urls[2]?.password,
    ]);
    expect(command[command.indexOf('--maxmemory-policy') + 1]).toBe('noeviction');
    expect(config.typesense?.apiKey).toBe(service('typesense').environment?.TYPESENSE_API_KEY);
  });

  it('runs its role from the image, on the port of the role, where others can reach it', () => {
    const { build, command, expose } = service(name);
    expect(command).toEqual([file]);
    expect(readFileSync(join(ROOT, file), 'utf8')).toContain(`runProcess('${role}')`);
    expect(dockerfile).toMatch(new RegExp(`^FROM .* AS ${build?.target}$`, 'm'));
    const { PORT: _, ...others } = env;
    expect([config.host, config.port, expose]).toEqual([
      '0.0.0.0',
      loadConfig(others, role).port,
      [String(config.port)],
    ]);
    expect(config).toMatchObject({ trustProxy: 1, seed: 'none', rateLimit: true });
  });

  it('is looked after by a check of its readiness', () => {
    const [form, program, script = ''] = service(name).healthcheck?.test ?? [];
    expect([form, program]).toEqual(['CMD', 'node']);
    const path = /127\.0\.0\.1:\$\{port\}([\w/]+)/.exec(readFileSync(join(ROOT, script), 'utf8'))?.[1];
    expect(healthRoutes({}).map((route) => route.path)).toContain(path);
    expect(path).toBe('/health/ready');
  });
});

describe('the gateway', () => {
  const { environment = {}, volumes = [] } = service('gateway');
  const template = readFileSync(join(ROOT, 'deploy/nginx/souk.conf.template'), 'utf8');

  it('is given every variable that its template wants, and no other', () => {
    const given = Object.keys(environment).filter((name) =>
      new RegExp(environment.NGINX_ENVSUBST_FILTER ?? '').test(name),
    );
    const wanted = [...template.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? '');
    expect([...new Set(wanted)].sort()).toEqual(given.sort());
    expect(() => render(template, environment)).not.toThrow();
  });

  it('sends to the ports of the APIs, and listens where it is published', () => {
    for (const [variable, api] of [
      ['GATEWAY_WRITE_SERVERS', 'write-api'],
      ['GATEWAY_READ_SERVERS', 'read-api'],
    ] as const) {
      expect(environment[variable]).toMatch(new RegExp(`^server ${api}:${service(api).environment?.PORT} .*;$`));
    }
    const tls = readCompose({ ...FILLED, TLS_CERTIFICATE: '/c.pem', TLS_KEY: '/k.pem' }).services.gateway;
    expect(environment.GATEWAY_LISTEN?.trim()).toBe('listen 8080;');
    expect(tls?.environment?.GATEWAY_LISTEN).toBe('listen 8080; include souk/tls.conf;');
    expect(tls?.volumes).toEqual(expect.arrayContaining(['/c.pem:/etc/nginx/souk/certificate.pem:ro']));
    const listened = /listen (\d+) ssl/.exec(readFileSync(join(ROOT, 'deploy/nginx/tls.conf'), 'utf8'))?.[1];
    expect(portsOf(service('gateway'))).toEqual([8080, Number(listened)]);
    expect(volumes.every((volume) => volume.endsWith(':ro'))).toBe(true);
  });

  it('closes idle connections before the shop does, and takes bodies as large as the shop', () => {
    const server = readFileSync(join(ROOT, 'platform/http/server.ts'), 'utf8');
    const shopKeeps = Number(/keepAliveTimeout = ([\d_]+)/.exec(server)?.[1]?.replaceAll('_', '')) / 1_000;
    const kept = [...template.matchAll(/^ {2}keepalive_timeout (\d+)s;\n\}/gm)].map(([, seconds]) => Number(seconds));
    expect(kept.map((seconds) => seconds < shopKeeps)).toEqual([true, true]);
    expect(template).toContain(`client_max_body_size ${MAX_BODY_BYTES / 1_048_576}m;`);
  });
});

describe('the Dockerfile', () => {
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '));
  const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));

  it('copies what exists, and what is not ignored', () => {
    expect(copied.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    expect([...new Set(copied)].sort()).toEqual([...allowed].sort());
  });

  it('has every file that a role or the command imports', () => {
    const ignored = /\.spec\.ts$|\/testing\//;
    const entries = [...Object.values(ROLES).map(({ file }) => file), 'compose.ts', 'cli/main.ts'];
    const files = new Set(entries);
    // A set goes on with what is added while it is gone through.
    for (const file of files) {
      const source = readFileSync(join(ROOT, file), 'utf8');
      for (const [, path = ''] of source.matchAll(/^(?!import type).*?\b(?:from|import) *\(?'(\.[^']+)'/gm)) {
        files.add(normalize(join(dirname(file), path)));
      }
    }
    expect(files.size).toBeGreaterThan(200);
    const lacking = [...files].filter(
      (file) => ignored.test(file) || !copied.some((path) => `${file}/`.startsWith(`${path}/`)),
    );
    expect(lacking).toEqual([]);
  });

  it('runs as somebody without rights, with signals going to Node itself', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^ENTRYPOINT \["node", /m);
    expect(last).toMatch(/^CMD \["compose\.ts"\]$/m);
    expect(dockerfile).toMatch(/npm ci --omit=dev/);
  });
});
