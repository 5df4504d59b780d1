/** The chain: everything that a copy keeps is in its hash, and no two histories have one hash. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StoredEvent } from '../port.ts';
import { testEvent } from '../testing-events.ts';
import { textOf } from '../texts-of.ts';
import { CHAIN_START, type ChainedEvent, createChain } from './chain.ts';

const event = (change: Partial<StoredEvent> = {}): ChainedEvent =>
  textOf({ ...testEvent({ name: 'Zoë', n: 1 }), stream: 'order-1', revision: 0, ...change });

function hashOf(events: readonly ChainedEvent[]): string {
  const chain = createChain();
  for (const one of events) chain.add(one);
  return chain.point().hash;
}

describe('the chain', () => {
  it('hashes the bytes that are written down: anybody can compute it again', () => {
    const one = event();
    const field = (text: string) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(text));
      return Buffer.concat([length, Buffer.from(text)]);
    };
    const start = createHash('sha256').update('souk event chain 1').digest();
    const texts = [one.stream, one.id, one.type, one.data, one.metadata];
    const bytes = Buffer.concat([start, Buffer.alloc(8), ...texts.map(field)]);
    expect(hashOf([one])).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('changes with every part of an event and not with its position', () => {
    const one = event();
    const changes: Partial<ChainedEvent>[] = [
      { stream: 'order-2' },
      { revision: 1 },
      { id: testEvent().id },
      { type: 'ItemRemoved' },
      { data: '{"name":"Zoe","n":1}' },
      { data: `${one.data} ` },
      { metadata: '{}' },
    ];
    const hashes = changes.map((change) => hashOf([{ ...one, ...change }]));
    expect(new Set([hashOf([one]), ...hashes]).size).toBe(changes.length + 1);
    expect(hashOf([{ ...one, position: '0000000000000009' } as ChainedEvent])).toBe(hashOf([one]));
  });

  it('cannot be shifted: what one text loses and the next gains makes another hash', () => {
    const text = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        fc.pre(a !== c || b !== d);
        const one = event();
        expect(hashOf([{ ...one, stream: a, type: b }])).not.toBe(hashOf([{ ...one, stream: c, type: d }]));
      }),
    );
  });

  it('goes on from any point as if it had begun at the start, in order only', () => {
    const [a, b] = [event(), event({ revision: 1, data: { long: 'ä'.repeat(40_000) } })];
    const first = createChain();
    first.add(a);
    const then = createChain(first.point());
    then.add(b);
    expect(then.point()).toEqual({ events: 2, hash: hashOf([a, b]) });
    expect(hashOf([b, a])).not.toBe(hashOf([a, b]));
    expect(createChain().point()).toEqual(CHAIN_START);
  });
});
