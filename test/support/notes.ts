/** What suites note down for the table at the end of a run: which engine they used and how, and what they left out and why. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export type EngineName = 'Postgres' | 'EventStoreDB' | 'Redis' | 'Typesense';

/** How a suite came to its engine; `own server` is a program that the suite starts and may kill. */
export type How = 'URL' | 'container' | 'own server' | 'embedded' | 'double' | 'recorded answers';

export type EngineNote = {
  readonly engine: EngineName;
  readonly how: How;
  /** As the server names itself. */
  readonly version?: string | undefined;
  /** Why not one of the better ways. */
  readonly passedOver?: readonly string[];
};

export type SkippedNote = { readonly skipped: string; readonly why: string };

export type FiguresNote = { readonly figures: string };

/** `project` is the jest project's name where the run has several: the same file may run on other engines in each. */
export type Note = (EngineNote | SkippedNote | FiguresNote) & { readonly suite: string; readonly project: string };

/** Notes that the suite that runs uses an engine; may be repeated. */
export function noteEngine({ engine, how, version, passedOver }: EngineNote): void {
  write({ engine, how, version, ...(passedOver ? { passedOver } : {}) });
}

/** Notes a case, or a whole suite, that is left out, and why; gives the reason back. */
export function noteSkipped(skipped: string, why: string): string {
  write({ skipped, why });
  return why;
}

/** Notes what a suite counted, to be read beside the table. */
export function noteFigures(figures: string): void {
  write({ figures });
}

/** Everything that the workers of a run noted. */
export function readNotes(folder: string): Note[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(PREFIX))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Note);
}

const PREFIX = 'notes-';

/** Outside of a test run there is nobody to note it for. */
function write(note: EngineNote | SkippedNote | FiguresNote): void {
  const folder = process.env.SOUK_TEST_DATA_DIR;
  const suite = (globalThis as Jest).expect?.getState().testPath;
  if (folder === undefined || suite === undefined) return;
  mkdirSync(folder, { recursive: true });
  const line: Note = { ...note, suite, project: process.env.SOUK_TEST_PROJECT ?? '' };
  // A file of each worker's own: lines of two of them never mix.
  appendFileSync(join(folder, `${PREFIX}${process.pid}`), `${JSON.stringify(line)}\n`);
}

type Jest = { readonly expect?: { getState(): { readonly testPath?: string } } };
