/** The table of a run: what it counts, when it calls two engines unequal, and what it says was left out. */
import { describe, expect, it } from '@jest/globals';
import { engineReport, type SuiteResult } from './engine-table.ts';
import type { Note } from './notes.ts';

const OPTIONS = { root: '/souk', list: false, partial: false };
const note = (suite: string, engine: 'Postgres' | 'EventStoreDB' | 'Redis', more: object = {}): Note =>
  ({ suite: `/souk/${suite}`, project: '', engine, how: 'embedded', ...more }) as Note;

/** Cases by name, those with a minus left out, those with an exclamation mark failed. */
function suite(path: string, describe: string, ...cases: string[]): SuiteResult {
  const statuses: Record<string, string> = { '-': 'pending', '!': 'failed' };
  return {
    testFilePath: `/souk/${path}`,
    testResults: cases.map((name) => ({
      ancestorTitles: [describe],
      title: name.replace(/^[-!]/, ''),
      status: statuses[name.charAt(0)] ?? 'passed',
    })),
  };
}

describe('the table of engines', () => {
  it('counts suites and passed cases by engine and by how it was exercised', () => {
    const notes = [
      note('a', 'Postgres', { version: '18.4' }),
      note('a', 'Postgres'),
      note('b', 'Postgres', { how: 'URL', version: '17.1' }),
      note('a', 'Redis', { how: 'own server', passedOver: ['REDIS_URL not set'] }),
    ];
    const { text } = engineReport(notes, [suite('a', 'x', 'one', '!two'), suite('b', 'y', 'three', 'four')], OPTIONS);
    expect(text).toMatch(/Postgres +│ URL +│ 17\.1 +│ +1 │ +2 /);
    expect(text).toMatch(/Postgres +│ embedded +│ 18\.4 +│ +1 │ +1 /);
    expect(text).toMatch(/Redis +│ own server +│ - +│ +1 │ +1 /);
    expect(text).toContain('Redis: REDIS_URL not set');
  });

  it('keeps the same file apart where the run has it in two projects', () => {
    const results = [suite('a', 'x', 'one'), { ...suite('a', 'x', 'one'), displayName: { name: 'others' } }];
    const { text } = engineReport([{ ...note('a', 'Postgres'), project: 'others' }], results, OPTIONS);
    expect(text).toMatch(/Postgres +│ embedded +│ - +│ +1 │ +1 /);
  });

  it('is silent where no suite used an engine', () => {
    expect(engineReport([], [suite('a', 'x', 'one')], OPTIONS)).toEqual({ text: '', faults: [] });
  });
});

describe('a contract on two engines', () => {
  const both = (other: SuiteResult) =>
    engineReport([], [suite('a', 'the log on Postgres', 'one', 'two'), other], OPTIONS);

  it('is the same where the same cases passed', () => {
    const { text, faults } = both(suite('b', 'the log on EventStoreDB', 'two', 'one'));
    expect(faults).toEqual([]);
    expect(text).toContain('the log: the same cases passed, 2 on Postgres, 2 on EventStoreDB');
  });

  it.each([
    ['failed', '!two', /failed "two"/],
    ['is not there', 'three', /there is no case "two"/],
  ])('is a fault where a case %s on one of them', (_what, second, why) => {
    const { faults } = both(suite('b', 'the log on EventStoreDB', 'one', second));
    expect(faults.join('\n')).toMatch(why);
  });

  it('may leave a case out, which is named', () => {
    const { text, faults } = both(suite('b', 'the log on EventStoreDB', 'one', '-two'));
    expect(faults).toEqual([]);
    expect(text).toContain('the log: cases passed, 2 on Postgres, 1 on EventStoreDB');
    expect(text).toContain('b: the log on EventStoreDB › two: the suite does not say why');
  });

  it('is compared with nothing where only one engine ran', () => {
    const { faults } = engineReport(
      [],
      [suite('a', 'the log on Postgres', 'one'), suite('b', 'other on Redis', 'x')],
      OPTIONS,
    );
    expect(faults).toEqual([]);
  });
});

it('tells why a case was left out where its suite said so, and is silent on cases that nobody asked for', () => {
  const results = [suite('a', 'x', '-one', '-two')];
  const reason: Note = { suite: '/souk/a', project: '', skipped: 'one', why: 'no cluster' };
  const { text } = engineReport([reason], results, OPTIONS);
  expect(text).toContain('a: one: no cluster');
  expect(text).not.toContain('x › one');
  expect(text).toContain('a: x › two: the suite does not say why');
  expect(engineReport([reason], results, { ...OPTIONS, partial: true }).text).not.toContain('two');
});
