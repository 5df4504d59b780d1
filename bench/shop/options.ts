/** What a bench is told on its command line. */
import { parseArgs } from 'node:util';

/** `--name N`, a whole number from 1; otherwise the fallback. Throws on anything else that is given for it. */
export function numberOption(args: readonly string[], name: string, fallback: number): number {
  const { values } = parseArgs({ args: [...args], options: { [name]: { type: 'string' } }, strict: false });
  const given = values[name];
  if (given === undefined) return fallback;
  const number = Number(given);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} must be a whole number from 1`);
  return number;
}
