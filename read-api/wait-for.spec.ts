/** What is parked does not come by waiting: who waits for it is told at once. */
import { expect, it } from '@jest/globals';
import type { Position } from '../event-store/port.ts';
import { waitForProjections } from './wait-for.ts';

it('asks once where what is waited for is parked, and hands on what it is', async () => {
  const parked = { projection: 'orders', key: 'order-7', id: 'parked-1' };
  const at = '7' as Position;
  let asked = 0;
  const waitFor = waitForProjections(async () => {
    asked += 1;
    return { ok: false, reached: at, parked };
  });
  const options = { timeoutMs: 600_000, signal: new AbortController().signal };
  expect(await waitFor(['orders'], at, options)).toEqual({ reached: false, at, parked });
  expect(asked).toBe(1);
});
