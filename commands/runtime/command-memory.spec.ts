/** Which commands of a stream are remembered, and what the memory says about those it forgot. */
import { expect, it } from '@jest/globals';
import { type CommandMemory, createCommandMemory } from './command-memory.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();

/** One command of one event for each second: `c0` at second 0 and revision 0, and so on. */
function noted(memory: CommandMemory, from: number, to: number): CommandMemory {
  for (let n = from; n <= to; n += 1) memory.note(`c${n}`, n, at(n));
  return memory;
}

it('keeps the latest, and of a hot stream all that a fresh command could be a repeat of', () => {
  const memory = noted(createCommandMemory(10), 0, 1_000);
  expect(memory.find('c640')).toEqual({ first: 640, last: 640, recordedAt: at(640) });
  expect(memory.find('c639')).toBeUndefined();
  expect([memory.completeFrom(), memory.completeAfter()]).toEqual([640, at(639)]);
  // A quiet hour later the latest ten are left.
  memory.note('late', 1_001, at(5_000));
  expect(memory.size()).toBe(10);
  expect([memory.completeFrom(), memory.completeAfter()]).toEqual([992, at(991)]);
});

it('is bounded, however hot the stream', () => {
  const memory = createCommandMemory(2);
  for (let n = 0; n < 1_000; n += 1) memory.note(`c${n}`, n, at(0));
  expect(memory.size()).toBe(400);
  expect([memory.completeFrom(), memory.completeAfter()]).toEqual([600, at(0)]);
});

it('keeps the latest alone in a snapshot, and says so', () => {
  const stored = noted(createCommandMemory(10), 0, 100).store();
  expect(stored.commands.map(([id]) => id)).toEqual(Array.from({ length: 10 }, (_, n) => `c${91 + n}`));
  expect([stored.completeFrom, stored.completeAfter]).toEqual([91, at(90)]);
  const restored = createCommandMemory(10, stored);
  expect(restored.find('c90')).toBeUndefined();
  expect([restored.completeFrom(), restored.completeAfter()]).toEqual([91, at(90)]);
});

it('a whole memory stays whole in a snapshot', () => {
  expect(noted(createCommandMemory(10), 0, 5).store()).toMatchObject({ completeFrom: 0, completeAfter: '' });
});

it('learns what was read back just before what it remembers, and nothing else', () => {
  const stored = noted(createCommandMemory(3), 0, 9).store();
  const memory = createCommandMemory(3, stored);
  const effects = new Map([4, 5, 6].map((n) => [`c${n}`, { first: n, last: n, recordedAt: at(n) }]));
  memory.learn({ effects, from: 4, below: 6, completeAfter: at(3) });
  expect(memory.find('c5')).toBeUndefined();
  memory.learn({ effects, from: 4, below: 7, completeAfter: at(3) });
  expect(memory.find('c4')).toMatchObject({ first: 4 });
  expect([memory.completeFrom(), memory.completeAfter()]).toEqual([4, at(3)]);
  // The oldest is forgotten first, also among what was learnt.
  memory.note('late', 10, at(5_000));
  expect([memory.completeFrom(), memory.completeAfter()]).toEqual([8, at(7)]);
});
