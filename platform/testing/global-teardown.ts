/** After a test run: ends its Postgres and removes it. */
import { clearTestFolder, testFolder } from './test-folder.ts';

// biome-ignore lint/style/noDefaultExport: jest asks for one
export default async function globalTeardown(): Promise<void> {
  await clearTestFolder(testFolder());
}
