/** The double as a process of its own, for tests that start whole shops: prints its URL, and ends when its input does. */
import { parseArgs } from 'node:util';
import { startEventStoreDbDouble } from './double.ts';

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const double = await startEventStoreDbDouble({ port: Number(values.port) });
process.stdout.write(`${double.url}\n`);
