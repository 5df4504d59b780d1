/** `souk events restored`: after it no place from before is taken for one of the log as it is now. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { startProcess } from '../composition/process.ts';
import { loadConfig } from '../platform/config/config.ts';
import { createLogger } from '../platform/logging/logger.ts';
import { openShopEngines } from '../test/support/shop-engines.ts';
import { createClient } from '../write-api/testing/client.ts';
import { runVerb } from './testing/run-verb.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

describe.each([
  ['Postgres', []],
  ['EventStoreDB', ['eventstoredb']],
] as const)('a shop whose log in %s was restored', (_engine, names) => {
  it('refuses positions from before, builds its rows anew, and goes on', async () => {
    const engines = await openShopEngines(names);
    const secret = { SOUK_MASTER_KEY: randomBytes(32).toString('hex') };
    const open = async () => {
      const settings = { ...engines.settings, ...secret, PORT: '0', RATE_LIMIT: 'off', SOUK_SEED: 'none' };
      return startProcess({ config: loadConfig(settings), logger });
    };
    const close = async ({ stopSteps }: Awaited<ReturnType<typeof open>>) => {
      for (const step of stopSteps) await step.run();
    };
    try {
      const before = await open();
      const made = await createClient(before.url).call('POST /carts', { body: {} });
      const old = { 'souk-wait-for': made.headers.get('souk-position') ?? '' };
      const as = { cartToken: made.body.cartToken };
      await close(before);
      const first = await runVerb(['events', 'restored', '--json'], { ...engines.settings, ...secret });
      expect(first).toMatchObject({ code: 0 });
      expect(JSON.parse(first.stdout)).toMatchObject({ epoch: 2 });
      const after = await open();
      const client = createClient(after.url);
      const cart = `GET /carts/${made.body.cartId}`;
      expect(await client.call(cart, { as, headers: old })).toMatchObject({
        status: 400,
        body: { code: 'bad_position' },
      });
      const again = await client.call('POST /carts', { body: {} });
      const wait = { 'souk-wait-for': again.headers.get('souk-position') ?? '' };
      expect(await client.call(cart, { as, headers: wait })).toMatchObject({ status: 200 });
      await close(after);
    } finally {
      await engines.close();
    }
  });
});
