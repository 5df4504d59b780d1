/** The faults that only the double has on demand: each does what it says, and the client is told as by a real server. */
import { EventStoreDBClient, NO_STREAM } from '@eventstore/db-client';
import { expect } from '@jest/globals';
import { until } from '../../../../platform/testing/until.ts';
import type { Faults } from '../faults.ts';
import {
  appender,
  type Has,
  headOf,
  itWith,
  newEvents,
  newStream,
  revisionsOf,
  type Subject,
  withClient,
} from './subject.ts';

const WHY = 'only the double has faults on demand';

export function faultRules(subject: () => Subject, has: Has): void {
  const during = async (work: (faults: Faults) => Promise<void>) => {
    const { faults } = subject();
    if (!faults) throw new Error(WHY);
    try {
      await work(faults);
    } finally {
      faults.clear();
    }
  };
  const rule = (name: string, work: (faults: Faults) => Promise<void>) =>
    itWith(has.faults, WHY, name, () => during(work));
  const append = (stream: string, events = newEvents(1)) =>
    subject().client.appendToStream(stream, events, { expectedRevision: NO_STREAM });

  for (const way of ['batch', 'classic'] as const) {
    rule(`a ${way} append is cut off before it is written, or after`, async (faults) => {
      for (const [when, revisions] of [
        ['before-write', []],
        ['after-write', [0]],
      ] as const) {
        const stream = newStream();
        faults.cutAppends(when);
        const cut = appender(subject().client, way)(stream, newEvents(1), { expectedRevision: NO_STREAM });
        await expect(cut).rejects.toMatchObject({ code: 14 });
        const found = await revisionsOf(subject().client, stream).catch((error) => {
          expect(error).toMatchObject({ type: 'stream-not-found' });
          return [];
        });
        expect(found).toEqual(revisions);
      }
    });
  }

  rule(
    'a frozen server answers nothing, takes connections all the same, and goes on as if nothing was',
    async (faults) => {
      const { client, url } = subject();
      await client.appendToStream(newStream(), newEvents(1));
      faults.freeze();
      const stream = newStream();
      const fresh = EventStoreDBClient.connectionString(url);
      let answered = 0;
      const appended = append(stream).finally(() => {
        answered += 1;
      });
      const read = headOf(fresh).finally(() => {
        answered += 1;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(answered).toBe(0);
      faults.unfreeze();
      await expect(appended).resolves.toMatchObject({ nextExpectedRevision: 0n });
      await read;
      await fresh.dispose();
    },
  );

  rule('a slow server lets every call wait', async (faults) => {
    faults.slow(150);
    const began = performance.now();
    await append(newStream());
    expect(performance.now() - began).toBeGreaterThan(140);
  });

  rule('a follower sends on the calls that require the leader, and serves the others', async (faults) => {
    const { client, url } = subject();
    faults.notLeader({ host: '127.0.0.1', port: 1 });
    await expect(append(newStream())).resolves.toMatchObject({ success: true });
    await withClient(url, async (other) => {
      const credentials = { username: 'a', password: 'b' };
      const required = other.appendToStream(newStream(), newEvents(1), { requiresLeader: true, credentials });
      await expect(required).rejects.toMatchObject({
        type: 'not-leader',
        code: 5,
        leader: { address: '127.0.0.1', port: 1 },
      });
    });
    await headOf(client);
  });

  rule('live subscriptions are dropped as too slow', async (faults) => {
    const { client } = subject();
    const subscription = client.subscribeToAll({ fromPosition: await headOf(client) }).on('data', () => undefined);
    const failed = new Promise<unknown>((resolve) => subscription.on('error', resolve));
    await new Promise((resolve) => subscription.once('caughtUp', () => resolve(undefined)));
    expect(faults.dropSubscriptions()).toBe(1);
    expect(await failed).toMatchObject({ type: 'timeout', code: 10 });
    expect(faults.dropSubscriptions()).toBe(0);
  });

  rule('a client behind the server by more than its deadline cannot append in batches', async (faults) => {
    faults.clockOffset(15_000);
    const stream = newStream();
    await expect(append(stream)).rejects.toMatchObject({ type: 'deadline-exceeded' });
    await expect(revisionsOf(subject().client, stream)).rejects.toMatchObject({ type: 'stream-not-found' });
    const classic = appender(subject().client, 'classic')(stream, newEvents(1));
    await expect(classic).resolves.toMatchObject({ nextExpectedRevision: 0n });
    // What it writes bears its own time.
    for await (const { event } of subject().client.readStream(stream)) {
      expect(event?.created.getTime()).toBeGreaterThan(Date.now() + 10_000);
    }
  });

  rule('what is denied is refused, the batch goes on', async (faults) => {
    const { client } = subject();
    const denied = { type: 'access-denied' };
    faults.denyAccess('appends');
    await expect(append(newStream())).rejects.toMatchObject(denied);
    await expect(appender(client, 'classic')(newStream(), newEvents(1))).rejects.toMatchObject({ ...denied, code: 7 });
    await headOf(client);
    faults.denyAccess('reads');
    await append(newStream());
    await expect(headOf(client)).rejects.toMatchObject({ ...denied, code: 7 });
    faults.denyAccess(null);
    await append(newStream());
  });

  rule('connections are cut, and new ones are taken', async (faults) => {
    const { client, url } = subject();
    await withClient(url, async (reader) => {
      const subscription = reader.subscribeToAll({ fromPosition: await headOf(client) }).on('data', () => undefined);
      let failed = false;
      subscription.on('error', () => {
        failed = true;
      });
      await new Promise((resolve) => subscription.once('caughtUp', () => resolve(undefined)));
      faults.cutConnections();
      await until(() => failed);
      await headOf(reader);
    });
  });
}
