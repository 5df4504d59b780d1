/** The end of a test run, in words: which engine was exercised how, whether all passed the same cases, what was left out. */
import Table from 'cli-table3';
import type { EngineNote, Note, SkippedNote } from './notes.ts';

/** What is needed of jest's results. */
export type SuiteResult = {
  readonly testFilePath: string;
  readonly displayName?: { readonly name: string } | undefined;
  readonly testResults: readonly CaseResult[];
};

type CaseResult = {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
};

export type Report = {
  /** Empty where no suite used an engine. */
  readonly text: string;
  /** Engines that did not pass the same cases of one contract. */
  readonly faults: readonly string[];
};

export type ReportOptions = {
  readonly root: string;
  /** Name each case that all engines passed. */
  readonly list: boolean;
  /** Only some cases were asked for: those not asked for are no news. */
  readonly partial: boolean;
};

export function engineReport(notes: readonly Note[], suites: readonly SuiteResult[], options: ReportOptions): Report {
  const engines = notes.filter((note) => 'engine' in note);
  const contracts = contractsOf(suites);
  const faults = [...contracts].flatMap(([contract, byEngine]) => differences(contract, byEngine));
  const parts = [
    ...(engines.length > 0 ? [exercised(engines, suites)] : []),
    ...comparisons(contracts, options.list),
    ...figures(notes, options),
    ...leftOut(notes, suites, options),
    ...faults.map((fault) => `FAULT ${fault}`),
  ];
  return { text: parts.length > 0 ? `\n${parts.join('\n')}\n` : '', faults };
}

type Row = {
  readonly engine: string;
  readonly how: string;
  readonly suites: Set<string>;
  readonly versions: Set<string>;
};
type Suite = { readonly suite: string; readonly project: string };

function exercised(notes: readonly (EngineNote & Suite)[], suites: readonly SuiteResult[]): string {
  const rows = new Map<string, Row>();
  const why = new Set<string>();
  for (const { engine, how, version, passedOver = [], suite, project } of notes) {
    const key = `${engine} ${how}`;
    const row = rows.get(key) ?? { engine, how, suites: new Set(), versions: new Set() };
    rows.set(key, row);
    row.suites.add(`${project}:${suite}`);
    if (version !== undefined) row.versions.add(version);
    if (passedOver.length > 0) why.add(`${engine}: ${passedOver.join(', ')}`);
  }
  const passed = new Map(suites.map((suite) => [keyOf(suite), suite.testResults.filter(isPassed).length]));
  const table = new Table({
    head: ['engine', 'exercised as', 'version', 'suites', 'cases passed'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'left', 'right', 'right'],
  });
  for (const [, row] of [...rows].sort()) {
    const cases = [...row.suites].reduce((sum, suite) => sum + (passed.get(suite) ?? 0), 0);
    table.push([row.engine, row.how, [...row.versions].sort().join(', ') || '-', row.suites.size, cases]);
  }
  return [table.toString(), ...[...why].sort()].join('\n');
}

const keyOf = (suite: SuiteResult): string => `${suite.displayName?.name ?? ''}:${suite.testFilePath}`;
const isPassed = ({ status }: CaseResult): boolean => status === 'passed';

type Cases = { readonly passed: Set<string>; readonly other: Map<string, string> };
type Contracts = Map<string, Map<string, Cases>>;

/** A contract's cases stand in a `describe` named `the log on Postgres`: what is promised, and by which engine. */
const CONTRACT = /^(.+) on (Postgres|EventStoreDB|Redis|Typesense)$/;

function contractsOf(suites: readonly SuiteResult[]): Contracts {
  const contracts: Contracts = new Map();
  for (const { ancestorTitles, title, status } of suites.flatMap(({ testResults }) => testResults)) {
    const [, contract, engine] = CONTRACT.exec(ancestorTitles[0] ?? '') ?? [];
    if (contract === undefined || engine === undefined) continue;
    const byEngine = contracts.get(contract) ?? new Map<string, Cases>();
    contracts.set(contract, byEngine);
    const cases = byEngine.get(engine) ?? { passed: new Set(), other: new Map() };
    byEngine.set(engine, cases);
    const name = [...ancestorTitles.slice(1), title].join(' › ');
    if (status === 'passed') cases.passed.add(name);
    else cases.other.set(name, status);
  }
  // One engine alone has nobody to be compared with.
  return new Map([...contracts].filter(([, byEngine]) => byEngine.size > 1));
}

function comparisons(contracts: Contracts, list: boolean): string[] {
  return [...contracts].flatMap(([contract, byEngine]) => {
    const passed = [...byEngine].map(([engine, { passed }]) => `${passed.size} on ${engine}`).join(', ');
    const [first, ...others] = [...byEngine.values()].map((cases) => cases.passed);
    const common = [...(first ?? [])].filter((name) => others.every((other) => other.has(name)));
    const same = [...byEngine.values()].every((cases) => cases.passed.size === common.length);
    const head = `${contract}: ${same ? 'the same cases passed' : 'cases passed'}, ${passed}`;
    return [head, ...(list ? common.map((name) => `  ${name}`) : [])];
  });
}

/** A case that one engine passed must have passed, or been left out by name, on every other. */
function differences(contract: string, byEngine: ReadonlyMap<string, Cases>): string[] {
  const all = new Set([...byEngine.values()].flatMap(({ passed }) => [...passed]));
  return [...byEngine].flatMap(([engine, { passed, other }]) =>
    [...all]
      .filter((name) => !passed.has(name) && !SKIPPED.has(other.get(name) ?? ''))
      .map(
        (name) => `${contract} on ${engine}: ${other.get(name) ?? 'there is no case'} "${name}", which others passed`,
      ),
  );
}

function figures(notes: readonly Note[], { root }: ReportOptions): string[] {
  return notes.flatMap((note) => ('figures' in note ? [`${suiteName(note, root)}: ${note.figures}`] : []));
}

const SKIPPED = new Set(['pending', 'todo', 'disabled']);

function leftOut(notes: readonly Note[], suites: readonly SuiteResult[], { root, partial }: ReportOptions): string[] {
  const reasons = notes.filter((note): note is SkippedNote & Suite & Note => 'skipped' in note);
  const named = reasons.map(({ skipped, why, suite, project }) => line({ suite, project, what: skipped, why, root }));
  const told = (suite: SuiteResult, { title, ancestorTitles }: CaseResult) =>
    reasons.some(
      (reason) =>
        `${reason.project}:${reason.suite}` === keyOf(suite) &&
        [title, ...ancestorTitles].some((name) => reason.skipped === name),
    );
  const silent = suites.flatMap((suite) =>
    suite.testResults
      .filter((result) => result.status === 'pending' && !told(suite, result))
      .map(({ ancestorTitles, title }) => {
        const what = [...ancestorTitles, title].join(' › ');
        const project = suite.displayName?.name ?? '';
        return line({ suite: suite.testFilePath, project, what, why: 'the suite does not say why', root });
      }),
  );
  const lines = [...new Set([...named, ...(partial ? [] : silent)])];
  return lines.length > 0 ? ['left out:', ...lines] : [];
}

function line({ what, why, root, ...suite }: Suite & { readonly what: string; readonly why: string; root: string }) {
  return `  ${suiteName(suite, root)}: ${what}: ${why}`;
}

function suiteName({ suite, project }: Suite, root: string): string {
  return `${suite.replace(`${root}/`, '')}${project ? ` (${project})` : ''}`;
}
