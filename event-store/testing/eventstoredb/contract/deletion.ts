/** Rules of deleting: what is hidden, what is ended, and what an append then meets. */
import { type EventStoreDBClient, NO_STREAM, STREAM_EXISTS } from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import { untilItWorks } from '../../../../platform/testing/until.ts';
import { appender, expectWrongVersion, newEvents, newStream, revisionsOf, type Subject, WAYS } from './subject.ts';

const gone = (client: EventStoreDBClient, stream: string) =>
  expect(revisionsOf(client, stream)).rejects.toMatchObject({ type: 'stream-not-found', streamName: stream });

export function deletionRules(subject: () => Subject): void {
  describe.each(WAYS)('%s', (way) => {
    const append = (...args: Parameters<ReturnType<typeof appender>>) => appender(subject().client, way)(...args);

    it('hides a deleted stream; numbers go on from there when it is written to again', async () => {
      for (const expectedRevision of [NO_STREAM, 'any', 1n] as const) {
        const { client } = subject();
        const stream = newStream();
        await append(stream, newEvents(2));
        await client.deleteStream(stream, { expectedRevision: 1n });
        await gone(client, stream);
        await expectWrongVersion(append(stream, newEvents(1), { expectedRevision: 0n }), stream, 0n, 1n);
        const exists = append(stream, newEvents(1), { expectedRevision: STREAM_EXISTS });
        await expect(exists).rejects.toMatchObject({ type: 'stream-deleted', streamName: stream });
        expect(await append(stream, newEvents(1), { expectedRevision })).toMatchObject({ nextExpectedRevision: 2n });
        // A server has taken the append before it has taken back the deletion.
        expect(await untilItWorks(() => revisionsOf(client, stream))).toEqual([2]);
      }
    });

    it('knows the deleted events when they are sent again, and says no place of theirs', async () => {
      const { client } = subject();
      const stream = newStream();
      const events = newEvents(2);
      const { position } = await append(stream, events, { expectedRevision: NO_STREAM });
      await client.deleteStream(stream);
      const again = await append(stream, events, { expectedRevision: NO_STREAM });
      expect(again).toMatchObject({ success: true, nextExpectedRevision: 1n });
      expect(again.position).toBeUndefined();
      await gone(client, stream);
      for await (const { event } of client.readAll({ fromPosition: position ?? 'start', maxCount: 1 })) {
        expect(event?.id).toBe(events[1]?.id);
      }
    });

    it('ends a stream for good', async () => {
      const { client } = subject();
      const stream = newStream();
      const events = newEvents(2);
      await append(stream, events);
      await client.tombstoneStream(stream, { expectedRevision: 1n });
      const ended = { type: 'stream-deleted', streamName: stream };
      await expect(append(stream, newEvents(1))).rejects.toMatchObject(ended);
      await expect(append(stream, events, { expectedRevision: NO_STREAM })).rejects.toMatchObject(ended);
      await expect(revisionsOf(client, stream)).rejects.toMatchObject(ended);
      await expect(client.tombstoneStream(stream)).rejects.toMatchObject(ended);
      await expect(client.deleteStream(stream)).rejects.toMatchObject(ended);
    });
  });

  it('refuses to delete at another revision, and names no stream and any by numbers', async () => {
    const { client } = subject();
    const stream = newStream();
    const missing = newStream();
    await client.appendToStream(stream, newEvents(2));
    await expectWrongVersion(client.deleteStream(stream, { expectedRevision: 7n }), stream, 7n, 1n);
    await expectWrongVersion(client.deleteStream(stream, { expectedRevision: NO_STREAM }), stream, -1n, 1n);
    await expectWrongVersion(client.tombstoneStream(stream, { expectedRevision: 9n }), stream, 9n, 1n);
    await expectWrongVersion(client.deleteStream(missing), missing, -2n, -1n);
    await expectWrongVersion(client.deleteStream(missing, { expectedRevision: 5n }), missing, 5n, -1n);
  });

  it('deletes again what is deleted, and ends what never was', async () => {
    const { client } = subject();
    const stream = newStream();
    await client.appendToStream(stream, newEvents(1));
    await client.deleteStream(stream);
    expect((await client.deleteStream(stream)).position).toBeDefined();
    expect((await client.tombstoneStream(newStream())).position).toBeDefined();
  });

  it('hides what the metadata of a stream says is too much or too old', async () => {
    const { client } = subject();
    const stream = newStream();
    await client.setStreamMetadata(stream, { maxCount: 2 });
    await gone(client, stream);
    // With metadata only it counts as existing.
    await client.appendToStream(stream, newEvents(5), { expectedRevision: STREAM_EXISTS });
    expect(await revisionsOf(client, stream)).toEqual([3, 4]);
    expect(await revisionsOf(client, stream, { fromRevision: 0n, maxCount: 2 })).toEqual([3, 4]);
    expect(await revisionsOf(client, stream, { fromRevision: 2n, direction: 'backwards' })).toEqual([]);
    await client.setStreamMetadata(stream, { truncateBefore: 5 });
    expect(await revisionsOf(client, stream)).toEqual([]);
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ truncateBefore: 5 });
    await client.appendToStream(stream, newEvents(1), { expectedRevision: 4n });
    expect(await revisionsOf(client, stream)).toEqual([5]);
  });
}
