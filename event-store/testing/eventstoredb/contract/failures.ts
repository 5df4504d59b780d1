/** Rules of a server that goes away: what the client is told, and what stands when it is back. */
import { NO_STREAM } from '@eventstore/db-client';
import { expect } from '@jest/globals';
import { until } from '../../../../platform/testing/until.ts';
import { type Has, headOf, itWith, newEvents, newStream, revisionsOf, type Subject, withClient } from './subject.ts';

const WHY = 'the suite may not kill this server';

export function failureRules(subject: () => Subject, has: Has): void {
  const control = () => {
    const { control: given } = subject();
    if (!given) throw new Error(WHY);
    return given;
  };
  /** Retries the identical append for as long as it is not known. */
  const settle = async (stream: string, events: ReturnType<typeof newEvents>) => {
    for (;;) {
      try {
        return await subject().client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
      } catch (error) {
        if ((error as { type?: string }).type === 'wrong-expected-version') throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };

  itWith(
    has.control,
    WHY,
    'a killed server loses nothing it answered, and identical repeats settle the rest',
    async () => {
      const { client } = subject();
      const acked = newStream();
      const ackedEvents = newEvents(2);
      const first = await client.appendToStream(acked, ackedEvents, { expectedRevision: NO_STREAM });
      const appends = Array.from({ length: 64 }, () => ({ stream: newStream(), events: newEvents(1) }));
      const outcomes = Promise.allSettled(
        appends.map(({ stream, events }) => client.appendToStream(stream, events, { expectedRevision: NO_STREAM })),
      );
      await control().kill();
      for (const outcome of await outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 14 });
      }
      await expect(client.appendToStream(newStream(), newEvents(1))).rejects.toMatchObject({ code: 14 });
      await control().start();
      for (const { stream, events } of appends)
        expect(await settle(stream, events)).toMatchObject({ nextExpectedRevision: 0n });
      for (const { stream } of appends) expect(await revisionsOf(client, stream)).toEqual([0]);
      expect(await settle(acked, ackedEvents)).toEqual(first);
      // Only an exact revision is compared with the log itself.
      expect(await client.appendToStream(acked, ackedEvents)).toMatchObject({ nextExpectedRevision: 3n });
    },
  );

  itWith(
    has.control,
    WHY,
    'a subscription fails when its server is killed; a new one of the same client goes on',
    async () => {
      const { client, url } = subject();
      await withClient(url, async (reader) => {
        const from = await headOf(client);
        const subscription = reader.subscribeToAll({ fromPosition: from }).on('data', () => undefined);
        const failed = new Promise<unknown>((resolve) => subscription.on('error', resolve));
        await new Promise((resolve) => subscription.once('caughtUp', () => resolve(undefined)));
        await control().kill();
        expect(await failed).toMatchObject({ type: 'unavailable', code: 14 });
        await control().start();
        const stream = newStream();
        await settle(stream, newEvents(1));
        let seen = 0;
        const again = reader.subscribeToAll({ fromPosition: from }).on('data', ({ event }) => {
          if (event?.streamId === stream) seen += 1;
        });
        again.on('error', () => undefined);
        await until(() => seen === 1);
        await again.unsubscribe();
      });
    },
  );
}
