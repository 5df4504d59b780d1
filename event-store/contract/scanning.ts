/** Rules about reading from one place to another (`scanLog`). */
import { expect, it } from '@jest/globals';
import { newId } from '../../platform/ids.ts';
import type { Position, StoredEvent, StoredText } from '../port.ts';
import { type ScanOptions, scanLog, scanTexts } from '../scan.ts';
import { testEvent, testEvents } from '../testing-events.ts';
import type { Subject } from './subject.ts';

export function scanningContract(subject: () => Subject): void {
  const pagesOf = async (options: ScanOptions) => {
    const pages: (readonly StoredEvent[])[] = [];
    for await (const page of scanLog(subject().store, options)) pages.push(page);
    return pages;
  };
  const numbers = (pages: readonly (readonly StoredEvent[])[]) => pages.flat().map(({ data }) => data.n);

  it('gives every event between two places once and in order, whatever the size of a page', async () => {
    const { store } = subject();
    const after = await store.head();
    const stream = `scan-${newId()}`;
    await store.append(stream, testEvents(25), 'no-stream');
    const all = (await store.read(stream)).map(({ position }) => position);
    for (const pageSize of [1, 7, 25, 100]) {
      const pages = await pagesOf({ after, pageSize });
      expect(numbers(pages)).toEqual(all.map((_, n) => n));
      expect(pages.every((page) => page.length > 0 && page.length <= pageSize)).toBe(true);
    }
    const upTo = all[12] as Position;
    expect(numbers(await pagesOf({ after: all[3] as Position, upTo, pageSize: 4 }))).toEqual([
      4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    expect(await pagesOf({ after: upTo, upTo })).toEqual([]);
    expect(await pagesOf({ after: null, upTo: all[0] as Position, filter: { types: ['Nowhere'] } })).toEqual([]);
  });

  it('ends at the head as it was when it began, also while the log grows', async () => {
    const { store } = subject();
    const after = await store.head();
    const stream = `scan-${newId()}`;
    await store.append(stream, testEvents(10), 'no-stream');
    const seen: unknown[] = [];
    for await (const page of scanLog(store, { after, pageSize: 3 })) {
      seen.push(...page.map(({ data }) => data.n));
      await store.append(stream, testEvents(1), 'any');
    }
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('keeps to a filter, and stops when it is told to', async () => {
    const { store } = subject();
    const after = await store.head();
    const stream = `scanned-${newId()}`;
    await store.append(`scan-${newId()}`, testEvents(5), 'no-stream');
    await store.append(stream, testEvents(9), 'no-stream');
    const filter = { categories: ['scanned'] };
    expect(numbers(await pagesOf({ after, filter }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const stopping = new AbortController();
    const seen: unknown[] = [];
    for await (const page of scanLog(store, { after, filter, pageSize: 4, signal: stopping.signal })) {
      seen.push(...page);
      stopping.abort();
    }
    expect(seen).toHaveLength(4);
  });

  it('gives the same as text: what was appended, byte for byte', async () => {
    const { store } = subject();
    const after = await store.head();
    const data = { z: 1e21, a: '"$sealed" \n \u2028 ü \u{1F600}', '2': [null, 0.1, -1], '1': { deep: {} } };
    const event = testEvent(data);
    await store.append(`scan-${newId()}`, [event, testEvent()], 'no-stream');
    const texts: StoredText[] = [];
    for await (const page of scanTexts(store, { after, pageSize: 1 })) texts.push(...page);
    const parsed = texts.map((text) => ({ ...text, data: JSON.parse(text.data), metadata: JSON.parse(text.metadata) }));
    expect(parsed).toEqual((await pagesOf({ after })).flat());
    expect(texts[0]).toMatchObject({ data: JSON.stringify(data), metadata: JSON.stringify(event.metadata) });
  });
}
