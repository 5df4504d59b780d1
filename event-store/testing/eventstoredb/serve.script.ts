/** The double as a process of its own, for tests that start whole shops: prints its URL, and serves until it is told to end. */
import { parseArgs } from 'node:util';
import { startEventStoreDbDouble } from './double.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const double = await startEventStoreDbDouble({ port: Number(values.port) });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void double.close());
process.stdout.write(`${double.url}\n`);
