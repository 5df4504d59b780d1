/** Rules of consumers that are slow: live ones are dropped, those that catch up are waited for. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type AllStreamSubscription, binaryEvent } from '@eventstore/db-client';
import { expect, it } from '@jest/globals';
import { until } from '../../../../platform/testing/until.ts';
import { headOf, newStream, type Subject, withClient } from './subject.ts';

const KILOBYTE = () => binaryEvent({ type: 'Kilobyte', data: new Uint8Array(1024) });

export function slowConsumerRules(subject: () => Subject): void {
  it('drops a live consumer that does not keep up, and says so', async () => {
    const { client, url } = subject();
    await withClient(url, async (reader) => {
      const subscription = reader.subscribeToAll({ fromPosition: await headOf(client) });
      const caughtUp = new Promise((resolve) => subscription.once('caughtUp', () => resolve(undefined)));
      let over = false;
      const consumed = consumeSlowly(subscription).finally(() => {
        over = true;
      });
      await caughtUp;
      for (let n = 0; n < 2_000 && !over; n += 8) {
        await Promise.all(Array.from({ length: 8 }, () => client.appendToStream(newStream(), KILOBYTE())));
      }
      const error = await consumed;
      expect(error).toMatchObject({ type: 'timeout', code: 10 });
      expect(error.message).toContain('Consumer too slow to handle event while live');
    });
  });

  it('waits for a slow consumer that catches up, and gives it everything', async () => {
    const { client, url } = subject();
    await withClient(url, async (reader) => {
      const from = await headOf(client);
      const total = 600;
      const stream = newStream();
      for (let n = 0; n < total; n += 100) {
        await client.appendToStream(stream, Array.from({ length: 100 }, KILOBYTE));
      }
      const subscription = reader.subscribeToAll({ fromPosition: from });
      let seen = 0;
      let paused = false;
      subscription.on('data', ({ event }) => {
        if (event?.streamId === stream) seen += 1;
        if (paused) return;
        paused = true;
        subscription.pause();
        setTimeout(() => subscription.resume(), 300);
      });
      await until(() => seen >= total);
      await subscription.unsubscribe();
      expect(seen).toBe(total);
    });
  });
}

/** Takes ten milliseconds for each event; gives back how the subscription ended. */
async function consumeSlowly(subscription: AllStreamSubscription): Promise<Error> {
  try {
    for await (const _ of subscription) await sleep(10);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('the subscription ended without an error');
}
