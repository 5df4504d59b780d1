/** A small run of the torture: the long one is `npm run torture`. */
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../../platform/postgres/free-port.ts';
import { torture } from './torture.ts';

describe('a shop whose every process is killed while shoppers buy', () => {
  it('keeps what it confirmed, ends every order, charges once, and adds up to the unit', async () => {
    const said: string[] = [];
    const result = await torture({
      kills: 2,
      shoppers: 3,
      seed: 7,
      port: await freePort(),
      deadlineS: 6,
      pauseMs: [1_500, 3_000],
      settleMs: 120_000,
      say: (text) => said.push(text),
    });
    expect({ faults: result.faults, said: result.faults.length > 0 ? said : [] }).toEqual({ faults: [], said: [] });
    // Nothing bought would prove nothing.
    expect([...result.journal.orders.values()].map(({ status }) => status)).toContain('confirmed');
  }, 300_000);
});
