/** Starts or removes one container, as a program of its own: `start ENGINE FOLDER` prints its id and URL, `remove ID…`. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers';
import { parse } from 'yaml';
import { CONTAINERS } from './docker.ts';
import type { EngineName } from './notes.ts';

// Its reaper would end the container together with this program; the test run removes what it started itself.
process.env.TESTCONTAINERS_RYUK_DISABLED = 'true';

type Recipe = {
  /** As docker-compose.yml names it: what is tested is what is run. */
  readonly service: string;
  readonly port: number;
  readonly environment: Record<string, string>;
  readonly command?: string[];
  readonly wait: ReturnType<typeof Wait.forLogMessage> | ReturnType<typeof Wait.forHttp>;
  readonly url: (address: string) => string;
};

const insecure = (prefix: string) => ({
  [`${prefix}_INSECURE`]: 'true',
  [`${prefix}_MEM_DB`]: 'true',
  [`${prefix}_RUN_PROJECTIONS`]: 'None',
  [`${prefix}_TELEMETRY_OPTOUT`]: 'true',
});

const RECIPES: Readonly<Record<EngineName, Recipe>> = {
  Postgres: {
    service: 'postgres',
    port: 5432,
    environment: {
      POSTGRES_PASSWORD: 'souk',
      POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8',
    },
    // The first time is the server that only makes the cluster.
    wait: Wait.forLogMessage(/database system is ready to accept connections/, 2),
    url: (address) => `postgres://postgres:souk@${address}/postgres`,
  },
  EventStoreDB: {
    service: 'eventstore',
    port: 2113,
    // KurrentDB, its later name, reads the second.
    environment: { ...insecure('EVENTSTORE'), ...insecure('KURRENTDB') },
    wait: Wait.forHttp('/health/live', 2113).forStatusCode(204),
    url: (address) => `esdb://${address}?tls=false`,
  },
  Redis: {
    service: 'redis',
    port: 6379,
    environment: {},
    command: ['redis-server', '--maxmemory-policy', 'noeviction'],
    wait: Wait.forLogMessage(/Ready to accept connections/),
    url: (address) => `redis://${address}`,
  },
  Typesense: {
    service: 'typesense',
    port: 8108,
    environment: { TYPESENSE_API_KEY: 'souk-test', TYPESENSE_DATA_DIR: '/tmp' },
    wait: Wait.forHttp('/health', 8108).forStatusCode(200),
    url: (address) => `http://${address}`,
  },
};

async function start(engine: EngineName, folder: string): Promise<void> {
  const { service, port, environment, command, wait, url } = RECIPES[engine];
  const container = new GenericContainer(process.env[`SOUK_TEST_IMAGE_${service.toUpperCase()}`] ?? imageOf(service))
    .withEnvironment(environment)
    .withExposedPorts(port)
    .withWaitStrategy(wait);
  const started = await (command ? container.withCommand(command) : container).start();
  appendFileSync(join(folder, CONTAINERS), `${started.getId()}\n`);
  const address = `${started.getHost()}:${started.getMappedPort(port)}`;
  process.stdout.write(JSON.stringify({ id: started.getId(), url: url(address) }));
}

function imageOf(service: string): string {
  const file = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  const { services } = parse(file, { merge: true }) as { services: Record<string, { image?: string } | undefined> };
  const image = services[service]?.image?.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
  if (!image) throw new Error(`docker-compose.yml names no image for ${service}`);
  return image;
}

async function remove(ids: readonly string[]): Promise<void> {
  const { container } = await getContainerRuntimeClient();
  for (const id of ids) {
    await container
      .getById(id)
      .remove({ force: true, v: true })
      .catch((error: { statusCode?: number }) => {
        // Removed before.
        if (error.statusCode !== 404) throw error;
      });
  }
}

const [what, ...rest] = process.argv.slice(2);
const [engine, folder] = rest;
if (what === 'start' && engine && engine in RECIPES && folder) await start(engine as EngineName, folder);
else if (what === 'remove') await remove(rest);
else throw new Error('start ENGINE FOLDER, or remove ID…');
process.exit(0);
