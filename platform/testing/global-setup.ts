/** Before a test run: names the folder of its Postgres, which the first test that wants a database starts. */
import { clearLeftovers, testFolder } from './test-folder.ts';

// biome-ignore lint/style/noDefaultExport: jest asks for one
export default async function globalSetup(): Promise<void> {
  await clearLeftovers();
  process.env.SOUK_TEST_DATA_DIR = testFolder();
}
