/** `npm run bench -- NAME`: runs one benchmark; each prints a table and ends with one line of JSON. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const name = process.argv[2];
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length));

if (name === undefined || !/^[a-z-]+$/.test(name) || !existsSync(join(import.meta.dirname, `${name}.ts`))) {
  process.stderr.write(`usage: npm run bench -- NAME, with NAME one of: ${known.join(', ')}\n`);
  process.exit(2);
}
const { run } = (await import(`./${name}.ts`)) as { run: (args: readonly string[]) => Promise<void> };
await run(process.argv.slice(3));
