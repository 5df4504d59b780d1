/** The connection to Typesense: versions, keys, nodes that are away or stand still, and what errors do not tell. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { startTypesenseDouble, type TypesenseDouble } from '../../projections/search/testing/typesense-double.ts';
import { createLogger } from '../logging/logger.ts';
import { freePort } from '../postgres/free-port.ts';
import { openTypesense, type TypesenseConnection } from './connection.ts';
import { TypesenseError, TypesenseUnsuitable } from './errors.ts';
import { serverOf } from './versions.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function server(version?: string): Promise<TypesenseDouble> {
  const double = await startTypesenseDouble(version === undefined ? {} : { version });
  opened.push(double);
  return double;
}
function fail(): never {
  throw new Error('it should have failed');
}

async function connect(urls: readonly string[], apiKey: string): Promise<TypesenseConnection> {
  const connection = await openTypesense({ urls, apiKey, logger, searchTimeoutMs: 300, writeTimeoutMs: 300 });
  opened.push(connection);
  return connection;
}

describe('a version of Typesense', () => {
  it.each([
    ['0.24.1', false, true],
    ['0.25.2', false, true],
    ['26.0', false, true],
    ['29.0', false, true],
    ['30.0', true, true],
    ['30.1.rc2', true, true],
    ['31.0', true, false],
    ['nightly', true, false],
  ])('%s has synonyms as sets: %s; is known: %s', (version, synonymSets, known) => {
    expect(serverOf(version)).toEqual({ version, synonymSets, known });
  });
  it.each(['0.23.1', '0.9', '19.0'])('%s is too old, and it is said which one is not', (version) => {
    expect(() => serverOf(version)).toThrow('run a version from 0.24 to 30');
  });
});

describe('a connection to Typesense', () => {
  it('knows the version, and asks for it once', async () => {
    const double = await server('27.1');
    const connection = await connect([`${double.url}/`], double.apiKey);
    expect(await connection.server()).toMatchObject({ version: '27.1', known: true });
    expect(double.requests).toEqual(['GET /debug']);
  });

  it('is refused for an old version and a wrong key, with what to do', async () => {
    await expect(connect([(await server('0.23.0')).url], 'test-key')).rejects.toThrow(TypesenseUnsuitable);
    await expect(connect([(await server()).url], 'other')).rejects.toThrow('refuses TYPESENSE_API_KEY');
  });

  it('opens while the server is away, and knows it when it is there', async () => {
    const double = await server();
    double.fault = () => 'drop';
    const connection = await connect([double.url], double.apiKey);
    await expect(connection.server()).rejects.toThrow(TypesenseError);
    double.fault = () => undefined;
    expect(await connection.server()).toMatchObject({ version: '0.24.1' });
  });

  it('asks another node where one is away, stands still or is not ready', async () => {
    const [still, lagging, good] = [await server(), await server(), await server()];
    still.fault = () => 'hang';
    lagging.fault = () => ({ status: 503, message: 'Not Ready or Lagging' });
    const away = `http://127.0.0.1:${await freePort()}`;
    const connection = await connect([away, still.url, lagging.url, good.url], good.apiKey);
    for (let time = 0; time < 3; time++) {
      expect(await connection.search((client) => client.health.retrieve())).toEqual({ ok: true });
    }
  });

  it.each(['hang', 'drip'] as const)('gives up on a server that stands still, or does not end: %s', async (fault) => {
    const double = await server();
    const connection = await connect([double.url], double.apiKey);
    double.fault = () => fault;
    await expect(connection.search((client) => client.health.retrieve())).rejects.toThrow('does not answer');
    await expect(connection.write((client) => client.health.retrieve())).rejects.toThrow('does not answer');
  });

  it('tells the server’s words and status, and never the key or what was sent', async () => {
    const double = await server();
    const connection = await connect([double.url], double.apiKey);
    const post = (path: string) => connection.write((client) => client.apiCall.post(path, { secret: 'content' }));
    const reason = (failing: Promise<unknown>) => failing.then(fail, (error) => error);
    const errors = [
      await reason(connection.write((client) => client.collections('none').retrieve())),
      await reason(post('/nowhere')),
    ];
    double.fault = () => 'drop';
    errors.push(await reason(post('/multi_search')));
    expect(errors.map(({ status }) => status)).toEqual([404, 404, undefined]);
    expect(errors[0]?.message).toBe('Typesense answered 404: Not Found');
    for (const error of errors) {
      const told = JSON.stringify({ ...error, message: error.message, stack: error.stack, cause: error.cause });
      expect(told).not.toMatch(/test-key|content/);
    }
  });
});
