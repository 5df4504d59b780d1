/** Rules of reading: where a read starts, what it holds, and how it fails. */
import { EventStoreDBClient } from '@eventstore/db-client';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { headOf, newEvents, newStream, revisionsOf, type Subject } from './subject.ts';

type Place = { readonly commit: bigint; readonly prepare: bigint };

export function readRules(subject: () => Subject): void {
  describe('a stream', () => {
    const stream = newStream();
    beforeAll(async () => {
      await subject().client.appendToStream(stream, newEvents(5));
    });
    const read = (options: Parameters<EventStoreDBClient['readStream']>[1]) =>
      revisionsOf(subject().client, stream, options);

    it('reads forwards and backwards, from a revision on and up to a count', async () => {
      expect(await read({})).toEqual([0, 1, 2, 3, 4]);
      expect(await read({ fromRevision: 3n })).toEqual([3, 4]);
      expect(await read({ fromRevision: 1n, maxCount: 2 })).toEqual([1, 2]);
      expect(await read({ fromRevision: 9n })).toEqual([]);
      expect(await read({ direction: 'backwards', fromRevision: 'end' })).toEqual([4, 3, 2, 1, 0]);
      expect(await read({ direction: 'backwards', fromRevision: 'end', maxCount: 1 })).toEqual([4]);
      expect(await read({ direction: 'backwards', fromRevision: 2n })).toEqual([2, 1, 0]);
      expect(await read({ direction: 'backwards', fromRevision: 1000n })).toEqual([4, 3, 2, 1, 0]);
      expect(await read({ direction: 'backwards' })).toEqual([0]);
    });

    it('fails for the end forwards, for a revision beyond all and for no events at all', async () => {
      const unknown = { type: 'unknown', code: 2 };
      await expect(read({ fromRevision: 'end' })).rejects.toMatchObject(unknown);
      await expect(read({ fromRevision: 2n ** 63n })).rejects.toMatchObject(unknown);
      await expect(read({ maxCount: 0 })).rejects.toMatchObject(unknown);
      await expect(revisionsOf(subject().client, '')).rejects.toMatchObject(unknown);
    });

    it('says that a stream is not there while it is read', async () => {
      const missing = newStream();
      const refused = { type: 'stream-not-found', streamName: missing };
      await expect(revisionsOf(subject().client, missing)).rejects.toMatchObject(refused);
      const backwards = revisionsOf(subject().client, missing, { direction: 'backwards', fromRevision: 'end' });
      await expect(backwards).rejects.toMatchObject(refused);
    });
  });

  describe('the whole log', () => {
    const streams = [newStream(), newStream()];
    const places: Place[] = [];
    beforeAll(async () => {
      const { client } = subject();
      for (const stream of [...streams, ...streams]) {
        const { position } = await client.appendToStream(stream, newEvents(1));
        if (position) places.push(position);
      }
    });
    const place = (n: number): Place => {
      const found = places[n];
      if (!found) throw new Error('no such event');
      return found;
    };
    const read = async (options: Parameters<EventStoreDBClient['readAll']>[0]) => {
      const found: bigint[] = [];
      for await (const { event } of subject().client.readAll(options)) {
        if (event && streams.includes(event.streamId)) found.push(event.position.commit);
      }
      return found;
    };
    const commits = () => places.map(({ commit }) => commit);

    it('reads forwards from a place on and backwards up to it: inclusive the one way, exclusive the other', async () => {
      expect(await read({ fromPosition: place(0) })).toEqual(commits());
      expect(await read({ fromPosition: place(2) })).toEqual(commits().slice(2));
      const backwards = await read({ direction: 'backwards', fromPosition: place(2), maxCount: 2 });
      expect(backwards).toEqual([place(1).commit, place(0).commit]);
      expect(await read({ direction: 'backwards', fromPosition: 'end', maxCount: 1 })).toEqual([place(3).commit]);
      expect(await read({ fromPosition: place(1), maxCount: 1 })).toEqual([place(1).commit]);
    });

    it('is empty at its end forwards, behind its end, and at its start backwards', async () => {
      expect(await read({ fromPosition: 'end' })).toEqual([]);
      const { commit } = await headOf(subject().client);
      expect(await read({ fromPosition: { commit: commit + 100_000n, prepare: commit + 100_000n } })).toEqual([]);
      expect(await read({ direction: 'backwards', fromPosition: 'start' })).toEqual([]);
    });

    it('fails between two records, and for a prepare position beyond its commit position', async () => {
      const unknown = { type: 'unknown', code: 2 };
      const between = { commit: place(0).commit + 1n, prepare: place(0).commit + 1n };
      await expect(read({ fromPosition: between })).rejects.toMatchObject(unknown);
      await expect(read({ fromPosition: between, direction: 'backwards' })).rejects.toMatchObject(unknown);
      const crossed = { commit: place(0).commit, prepare: place(0).commit + 1n };
      await expect(read({ fromPosition: crossed })).rejects.toMatchObject(unknown);
    });

    it('holds the events of the system, from the first on', async () => {
      for await (const { event } of subject().client.readAll({ maxCount: 1 })) {
        expect(event?.streamId.startsWith('$')).toBe(true);
        expect(event?.isJson).toBe(true);
      }
    });

    it('never answers a read of no events', async () => {
      // A client of its own, so that what never ends is over with it.
      const client = EventStoreDBClient.connectionString(subject().url);
      const reading = client.readAll({ maxCount: 0 });
      const settled = new Promise((resolve) =>
        reading
          .on('end', () => resolve('end'))
          .on('error', resolve)
          .resume(),
      );
      const waited = new Promise((resolve) => setTimeout(() => resolve('still waiting'), 300));
      expect(await Promise.race([settled, waited])).toBe('still waiting');
      await client.dispose();
    });
  });
}
