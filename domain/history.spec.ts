/** What an aggregate was at a moment, and what changed between two. */
import { describe, expect, it } from '@jest/globals';
import { withEntry } from './by-id.ts';
import { changesBetween, type HistoryEvent, isAfter, parseMoment, plainState, unfolded, withNext } from './history.ts';
import { id, sealed } from './testing/samples.ts';

const at = (second: number) => `2026-03-01T12:00:0${second}.000Z`;
const stream = `user-${id(1)}`;
const granted = (revision: number, role: string, schemaVersion = 1): HistoryEvent => ({
  type: 'RoleGranted',
  data: { userId: id(1), role },
  revision,
  metadata: { schemaVersion, occurredAt: at(revision), recordedAt: at(revision) },
});
const registered: HistoryEvent = {
  ...granted(0, 'buyer'),
  type: 'UserRegistered',
  data: { userId: id(1), emailKey: 'k', email: sealed('e'), name: sealed('n'), passwordHash: sealed('p') },
};
const fold = (...events: readonly HistoryEvent[]) =>
  events.reduce((folded, event) => withNext(stream, folded, event), unfolded<HistoryEvent>(stream));

describe('a stream folded to a moment', () => {
  it('ends before the first event recorded after a time, and after the revision that is named', () => {
    const [, second] = [registered, granted(1, 'ops')];
    expect([at(0), at(1)].map((time) => isAfter(second, { at: time }))).toEqual([true, false]);
    expect([0, 1].map((revision) => isAfter(second, { revision }))).toEqual([true, false]);
    expect(isAfter(second, 'end')).toBe(false);
  });

  it('has the state of its aggregate', () =>
    expect(fold(registered, granted(1, 'ops'))).toMatchObject({
      last: { revision: 1 },
      state: { status: 'registered', roles: ['buyer', 'ops'] },
    }));

  it('has none from an event on that cannot be read, and says which', () => {
    const folded = fold(registered, granted(1, 'ops', 99), granted(2, 'admin'));
    expect(folded).toMatchObject({
      last: { revision: 2 },
      unreadable: expect.stringMatching(/^revision 1: .*newer Souk/),
    });
    expect(folded.state).toBeUndefined();
  });

  it('has none where no aggregate has such streams', () =>
    expect(withNext('other-1', unfolded<HistoryEvent>('other-1'), registered)).toEqual({
      last: registered,
      state: undefined,
    }));
});

describe('changes', () => {
  it('are told by path, as deep as both sides go', () =>
    expect(
      changesBetween(
        { status: 'placed', terms: { lines: [{ quantity: 1 }], 'a/b': 1 }, gone: true, same: [1, { x: 2 }] },
        { status: 'confirmed', terms: { lines: [{ quantity: 2 }, { quantity: 3 }], 'a/b': 2 }, same: [1, { x: 2 }] },
      ),
    ).toEqual([
      { path: '/status', before: 'placed', after: 'confirmed' },
      { path: '/terms/lines/0/quantity', before: 1, after: 2 },
      { path: '/terms/lines/1', after: { quantity: 3 } },
      { path: '/terms/a~1b', before: 1, after: 2 },
      { path: '/gone', before: true },
    ]));

  it('take a sealed value for one value', () =>
    expect(changesBetween({ email: sealed('a') }, { email: sealed('b') })).toEqual([
      { path: '/email', before: sealed('a'), after: sealed('b') },
    ]));

  it('are none between equals, and the whole where the kind differs', () => {
    expect(changesBetween({ a: [1] }, { a: [1] })).toEqual([]);
    expect(changesBetween({ a: [1] }, { a: { 0: 1 } })).toEqual([{ path: '/a', before: [1], after: { 0: 1 } }]);
  });
});

it('maps by id are plain ones, however deep', () => {
  const inner = withEntry({}, id(2), { quantity: 1 });
  expect(plainState({ list: [withEntry({}, id(1), inner)] })).toEqual({
    list: [{ [id(1)]: { [id(2)]: { quantity: 1 } } }],
  });
});

it.each([
  ['7', { revision: 7 }],
  ['2026-03-01', { at: '2026-03-01T00:00:00.000Z' }],
  ['yesterday', undefined],
])('%s is a moment, or none', (text, moment) => expect(parseMoment(text)).toEqual(moment));
