/** The lease of a running request: kept while it works, never longer. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type IdempotencyStore, LEASE_S, RENEW_EVERY_MS, runOnce } from './idempotency.ts';
import { memoryIdempotency } from './testing/kit-server.ts';

const proposal = { commandId: '0190a8c0-0000-7000-8000-000000000001', issuedAt: '2026-01-01T00:00:00.000Z' };
const done = { status: 200, headers: {}, body: '' };

function run(
  store: IdempotencyStore,
  work: () => Promise<typeof done>,
  onLeaseError: (error: unknown) => void = () => {},
) {
  return runOnce({ store, id: Buffer.from('id'), body: {}, proposal, onLeaseError }, work);
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a lease', () => {
  it('outlives two renewals that were missed', () => {
    expect(LEASE_S * 1_000).toBeGreaterThan(3 * RENEW_EVERY_MS);
  });

  it('is renewed while the work runs, and not after', async () => {
    let renewed = 0;
    let finish: () => void = () => {};
    const working = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const store = { ...memoryIdempotency(), renew: async () => ++renewed > 0 };
    const running = run(store, () => working.then(() => done));
    await jest.advanceTimersByTimeAsync(2 * RENEW_EVERY_MS);
    expect(renewed).toBe(2);
    finish();
    await running;
    await jest.advanceTimersByTimeAsync(5 * RENEW_EVERY_MS);
    expect(renewed).toBe(2);
  });

  it('that cannot be renewed is told of, and the work goes on', async () => {
    const told: unknown[] = [];
    const store: IdempotencyStore = {
      ...memoryIdempotency(),
      renew: () => Promise.reject(new Error('away')),
    };
    const running = run(
      store,
      () => new Promise((resolve) => setTimeout(() => resolve(done), RENEW_EVERY_MS + 1)),
      (error) => told.push(error),
    );
    await jest.advanceTimersByTimeAsync(2 * RENEW_EVERY_MS);
    expect((await running).answer).toEqual(done);
    expect(told).toHaveLength(1);
  });

  it('ends when the work throws, and the record stays', async () => {
    let released = 0;
    const store: IdempotencyStore = { ...memoryIdempotency(), release: async () => void released++ };
    await expect(run(store, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    expect(released).toBe(1);
  });
});
