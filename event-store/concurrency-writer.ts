/** A process that appends until told to stop, for `concurrency.int.spec.ts`: says what it is about to do, and what was done. */
import { createInterface } from 'node:readline';
import { createLogger } from '../platform/logging/logger.ts';
import { createPostgresEventStore } from './postgres/store.ts';
import { type WriterLine, writeUntilStopped } from './testing/writers.ts';

const LOOPS = 6;

async function main(url: string): Promise<void> {
  const logger = createLogger({ name: 'writer', level: 'silent' });
  const store = await createPostgresEventStore({ url, logger, readConnections: 2 });
  let ended = false;
  createInterface({ input: process.stdin }).on('close', () => {
    ended = true;
  });
  const stopped = () => ended;
  await Promise.all(Array.from({ length: LOOPS }, (_, loop) => writeUntilStopped({ store, loop, say, stopped })));
  await store.close();
}

function say(line: WriterLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const [url] = process.argv.slice(2);
if (url && process.argv[1]?.endsWith('concurrency-writer.ts')) await main(url);
