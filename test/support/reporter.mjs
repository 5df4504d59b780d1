/** Jest loads its reporters as they stand, without a transform: this one lets Node read TypeScript, then prints the table. */
import '../../composition/typescript.mjs';

const { engineReport } = await import('./engine-table.ts');
const { readNotes } = await import('./notes.ts');
const { testFolder } = await import('../../platform/testing/test-folder.ts');

// biome-ignore lint/style/noDefaultExport: jest asks for one
export default class EnginesReporter {
  #config;
  #faults = [];

  constructor(config) {
    this.#config = config;
  }

  onRunComplete(_contexts, { testResults }) {
    const { rootDir: root, testNamePattern } = this.#config;
    // A person at a terminal sees how many; a protocol names them.
    const options = { root, list: !process.stdout.isTTY, partial: Boolean(testNamePattern) };
    const { text, faults } = engineReport(readNotes(testFolder()), testResults, options);
    this.#faults = faults;
    process.stderr.write(text);
  }

  /** What makes the run fail though every case passed. */
  getLastError() {
    return this.#faults.length > 0 ? new Error(this.#faults.join('\n')) : undefined;
  }
}
