/** Rules of appending: revisions, what the answer says, the limit, content. */
import { binaryEvent, NO_STREAM, START, STREAM_EXISTS } from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import {
  appender,
  expectWrongVersion,
  filled,
  newEvent,
  newEvents,
  newStream,
  revisionsOf,
  type Subject,
  WAYS,
} from './subject.ts';

const LIMIT = 1_048_576;

export function appendRules(subject: () => Subject): void {
  describe.each(WAYS)('%s', (way) => {
    const append = (...args: Parameters<ReturnType<typeof appender>>) => appender(subject().client, way)(...args);

    it('says the revision and the place of the last event; commit and prepare are one, each event has its own', async () => {
      const stream = newStream();
      const first = await append(stream, newEvents(3), { expectedRevision: NO_STREAM });
      expect(first).toMatchObject({ success: true, nextExpectedRevision: 2n });
      expect(first.position?.commit).toBe(first.position?.prepare);
      const places: bigint[] = [];
      for await (const { event } of subject().client.readStream(stream)) places.push(event?.position?.commit ?? 0n);
      expect(places).toEqual([...places].sort((a, b) => (a < b ? -1 : 1)));
      expect(new Set(places).size).toBe(3);
      expect(places.at(-1)).toBe(first.position?.commit);
      const second = await append(stream, newEvents(1), { expectedRevision: 2n });
      expect(second.nextExpectedRevision).toBe(3n);
      expect(second.position?.commit ?? 0n).toBeGreaterThan(first.position?.commit ?? 0n);
    });

    it('refuses another revision than the stream is at, and says which that is', async () => {
      const stream = newStream();
      await append(stream, newEvents(5), { expectedRevision: NO_STREAM });
      for (const expected of [NO_STREAM, 1n, 99n] as const) {
        await expectWrongVersion(append(stream, newEvents(1), { expectedRevision: expected }), stream, expected, 4n);
      }
      const missing = newStream();
      for (const expected of [5n, STREAM_EXISTS] as const) {
        const refused = append(missing, newEvents(1), { expectedRevision: expected });
        await expectWrongVersion(refused, missing, expected, 'no_stream');
      }
      await expect(append(stream, newEvents(1), { expectedRevision: STREAM_EXISTS })).resolves.toMatchObject({
        nextExpectedRevision: 5n,
      });
      expect(await revisionsOf(subject().client, stream)).toHaveLength(6);
    });

    it('takes no events at all as a success that says 0 where no stream is, and makes none', async () => {
      const stream = newStream();
      for (const expectedRevision of [NO_STREAM, 'any'] as const) {
        const result = await append(stream, [], { expectedRevision });
        expect(result).toMatchObject({ success: true, nextExpectedRevision: 0n });
      }
      await expect(revisionsOf(subject().client, stream)).rejects.toMatchObject({ type: 'stream-not-found' });
      await append(stream, newEvents(3));
      await expect(append(stream, [], { expectedRevision: 2n })).resolves.toMatchObject({ nextExpectedRevision: 2n });
      await expectWrongVersion(append(stream, [], { expectedRevision: 0n }), stream, 0n, 2n);
    });

    it('takes data up to the limit, whatever the metadata and type weigh; beyond it nothing is written', async () => {
      const stream = newStream();
      const bytes = (count: number, metadata?: Uint8Array) =>
        binaryEvent({ type: 'Bytes', data: new Uint8Array(count), ...(metadata && { metadata }) });
      const beyond = append(stream, [bytes(LIMIT / 2), bytes(LIMIT / 2 + 1)], { expectedRevision: NO_STREAM });
      await expect(beyond).rejects.toMatchObject({ type: 'maximum-append-size-exceeded', maxAppendSize: LIMIT });
      await expect(revisionsOf(subject().client, stream)).rejects.toMatchObject({ type: 'stream-not-found' });
      const upTo = append(stream, [bytes(LIMIT / 2), bytes(LIMIT / 2, new Uint8Array(50_000))]);
      await expect(upTo).resolves.toMatchObject({ nextExpectedRevision: 1n });
    });

    it('lets one of three different creators of a stream win', async () => {
      const stream = newStream();
      const tries = Array.from({ length: 3 }, () => append(stream, newEvents(1), { expectedRevision: NO_STREAM }));
      const settled = await Promise.allSettled(tries);
      expect(settled.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
      for (const one of settled) {
        if (one.status === 'rejected')
          expect(one.reason).toMatchObject({ actualVersion: 0n, expectedVersion: NO_STREAM });
      }
    });
  });

  it('gives content back as it was: JSON of every kind, bytes, metadata or none, and when it was written', async () => {
    const { client } = subject();
    const stream = newStream();
    const before = Date.now();
    const contents = [{ a: [1, 2.5, 'é 日本 😀', null, true] }, 'text', 7, null];
    for (const data of contents) await client.appendToStream(stream, newEvent(data as never));
    await client.appendToStream(stream, { ...newEvent(), metadata: { who: 'me' } });
    await client.appendToStream(stream, binaryEvent({ type: 'Bytes', data: Uint8Array.from([0, 255, 1]) }));
    const events = [];
    for await (const { event } of client.readStream(stream, { fromRevision: START })) if (event) events.push(event);
    expect(events.slice(0, 4).map((event) => event.data)).toEqual(contents);
    expect(events[0]?.metadata).toBeUndefined();
    expect(events[4]?.metadata).toEqual({ who: 'me' });
    expect(Buffer.from(events[5]?.data as Uint8Array)).toEqual(Buffer.from([0, 255, 1]));
    expect(events.map((event) => event.isJson)).toEqual([true, true, true, true, true, false]);
    // The server's clock is another machine's, maybe; the suite only asks for the same day.
    for (const { created } of events) expect(Math.abs(created.getTime() - before)).toBeLessThan(86_400_000);
  });

  it('takes types and streams that begin with a dollar', async () => {
    const { client } = subject();
    const stream = newStream('$double');
    await filled(appender(client, 'batch'), stream, 2);
    await client.appendToStream(stream, newEvent({}, '$Odd'));
    expect(await revisionsOf(client, stream)).toEqual([0, 1, 2]);
  });

  it('refuses an id that is no UUID, an empty type and an empty name of a stream, as errors that say nothing', async () => {
    const append = appender(subject().client, 'classic');
    await expect(append(newStream(), [{ ...newEvent(), id: 'none' }])).rejects.toMatchObject({
      type: 'unknown',
      code: 2,
    });
    await expect(append(newStream(), [newEvent({}, '')])).rejects.toMatchObject({ type: 'unknown', code: 2 });
    await expect(append('', newEvents(1))).rejects.toMatchObject({ type: 'unknown', code: 2 });
  });
}
