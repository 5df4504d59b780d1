/** The `souk` command within the test's own process, where a verb is called often: a process each takes seconds. */
import { jest } from '@jest/globals';
import { main } from '../main.ts';

/** What it prints on stdout; `env` is all it knows of a shop. One call after the other: stdout is everybody's. */
export async function runHere(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const { env: before, exitCode } = process;
  let printed = '';
  const write = jest.spyOn(process.stdout, 'write').mockImplementation(((text: string, done?: () => void) => {
    printed += text;
    done?.();
    return true;
  }) as typeof process.stdout.write);
  process.env = { PATH: before.PATH, ...env };
  try {
    await main(args);
    return printed;
  } finally {
    process.env = before;
    process.exitCode = exitCode;
    write.mockRestore();
  }
}
