/** Rules of repeating an append: what is known as the same, and what is not. */
import { NO_STREAM } from '@eventstore/db-client';
import { describe, expect, it } from '@jest/globals';
import {
  appender,
  expectWrongVersion,
  filled,
  type Has,
  itWith,
  newEvent,
  newEvents,
  newStream,
  revisionsOf,
  type Subject,
  WAYS,
} from './subject.ts';

export function repeatRules(subject: () => Subject, has: Has): void {
  describe.each(WAYS)('%s', (way) => {
    const append = (...args: Parameters<ReturnType<typeof appender>>) => appender(subject().client, way)(...args);

    it('answers a repeat with the first result, also when the stream has moved on', async () => {
      const stream = newStream();
      const [e0, e1, e2, e3] = [newEvent(), newEvent(), newEvent(), newEvent()] as const;
      const first = await append(stream, [e0], { expectedRevision: NO_STREAM });
      const second = await append(stream, [e1], { expectedRevision: 0n });
      await append(stream, [e2, e3], { expectedRevision: 1n });
      const repeated = async (events: Parameters<typeof append>[1], expectedRevision: 'no_stream' | bigint) =>
        append(stream, events, { expectedRevision });
      expect(await repeated([e0], NO_STREAM)).toEqual(first);
      expect(await repeated([e1], 0n)).toEqual(second);
      expect(await repeated([e0, e1], NO_STREAM)).toEqual(second);
      expect(await repeated([e2], 1n)).toMatchObject({ success: true, nextExpectedRevision: 2n });
      expect(await repeated([{ ...e0, type: 'Other', data: { other: true } }], NO_STREAM)).toEqual(first);
      expect(await revisionsOf(subject().client, stream)).toEqual([0, 1, 2, 3]);
    });

    it('refuses what is the same in part only: longer, reordered, new first, at another revision', async () => {
      const stream = newStream();
      const [e0, e1] = [newEvent(), newEvent()] as const;
      await append(stream, [e0, e1], { expectedRevision: NO_STREAM });
      for (const events of [
        [e0, newEvent()],
        [newEvent(), e0],
        [e1, e0],
        [e0, e1, newEvent()],
      ]) {
        await expectWrongVersion(append(stream, events, { expectedRevision: NO_STREAM }), stream, NO_STREAM, 1n);
      }
      await expectWrongVersion(append(stream, [e0], { expectedRevision: 0n }), stream, 0n, 1n);
      await expectWrongVersion(append(stream, [e0], { expectedRevision: 5n }), stream, 5n, 1n);
    });

    it('writes an old id again at the revision the stream is at, and one id twice in one append', async () => {
      const stream = newStream();
      const [e0] = await filled(append, stream, 2);
      if (!e0) throw new Error('no event');
      expect(await append(stream, [e0], { expectedRevision: 1n })).toMatchObject({ nextExpectedRevision: 2n });
      const twice = newEvent();
      expect(await append(stream, [twice, twice], { expectedRevision: 2n })).toMatchObject({
        nextExpectedRevision: 4n,
      });
      expect(await revisionsOf(subject().client, stream)).toHaveLength(5);
    });

    it('knows a recent repeat to any revision too, and refuses one that is the same in part', async () => {
      const stream = newStream();
      const [e0, e1] = [newEvent(), newEvent()] as const;
      const first = await append(stream, [e0, e1]);
      await append(stream, newEvents(1));
      expect(await append(stream, [e0, e1])).toEqual(first);
      expect(await append(stream, [e1])).toMatchObject({ nextExpectedRevision: 1n });
      await expectWrongVersion(append(stream, [e0, newEvent()]), stream, 'any', 2n);
      const other = newStream();
      expect(await append(other, [e0])).toMatchObject({ nextExpectedRevision: 0n });
    });

    it('drops one of two identical appends in flight; it fails seconds later, and a repeat succeeds', async () => {
      const pairs = Array.from({ length: 8 }, () => ({ stream: newStream(), events: newEvents(1) }));
      const send = ({ stream, events }: (typeof pairs)[number]) =>
        append(stream, events, { expectedRevision: NO_STREAM });
      const dropped = way === 'batch' ? { type: 'deadline-exceeded' } : { type: 'timeout', code: 10 };
      const began = Date.now();
      const settled = await Promise.all(pairs.map((pair) => Promise.allSettled([send(pair), send(pair)])));
      let failures = 0;
      for (const pair of settled) {
        expect(pair.some((one) => one.status === 'fulfilled')).toBe(true);
        for (const one of pair) {
          if (one.status === 'fulfilled') expect(one.value).toMatchObject({ nextExpectedRevision: 0n });
          else expect(one.reason).toMatchObject(dropped);
          if (one.status === 'rejected') failures += 1;
        }
      }
      if (failures > 0) expect(Date.now() - began).toBeGreaterThan(1_500);
      for (const pair of pairs) {
        await expect(send(pair)).resolves.toMatchObject({ nextExpectedRevision: 0n });
        expect(await revisionsOf(subject().client, pair.stream)).toEqual([0]);
      }
    });
  });

  itWith(
    has.faults,
    'only the double holds its commits',
    'every identical append in flight is dropped while the first is not committed',
    async () => {
      const { client, faults } = subject();
      faults?.holdCommits(200);
      try {
        const stream = newStream();
        const events = newEvents(1);
        const send = () => client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
        const settled = await Promise.allSettled([send(), send(), send()]);
        expect(settled.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
      } finally {
        faults?.clear();
      }
    },
  );
}
