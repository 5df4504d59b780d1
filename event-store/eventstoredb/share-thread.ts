/** A thread that reads one share of the log, and no further ahead than it is asked to. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorMessage } from '../../platform/process/error-code.ts';
import { LogUnavailable, type StoredText } from '../port.ts';
import { textOf } from '../texts-of.ts';
import { closeClient, openClient } from './client.ts';
import { matcher } from './read-all.ts';
import type { FromShare, ShareData } from './read-together.ts';
import { createLogReader, type LogReader } from './reader.ts';

/** As long as nothing of a share is found the server says nothing. That it is gone the connection itself finds out sooner. */
const SEARCH_MS = 120_000;

const port = parentPort;
if (!port) throw new Error('this runs as a thread of whoever reads the log');
const { url, identity, streams, after, upTo, filter } = workerData as ShareData;
const tell = (message: FromShare) => port.postMessage(message);

let wanted = 0;
let wake = (): void => undefined;
port.on('message', () => {
  wanted += 1;
  wake();
});

async function isAsked(): Promise<void> {
  if (wanted === 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  wanted -= 1;
}

async function readShare(reader: LogReader): Promise<void> {
  const there = await reader.identity();
  if (there?.logId !== identity.logId || there.epoch !== identity.epoch) {
    throw new LogUnavailable('another log stands there than the one that was opened: start the process anew');
  }
  const passes = filter ? matcher(filter) : () => true;
  for await (const records of reader.scan(after, { streams })) {
    const events: StoredText[] = [];
    for (const { event } of records) {
      if (event && event.position <= upTo && passes(event)) events.push(textOf(event));
    }
    if (events.length > 0) {
      await isAsked();
      tell({ events });
    }
    const last = records.at(-1);
    if (last && last.position >= upTo) return;
  }
}

const client = openClient(url, 'leader');
try {
  await readShare(createLogReader({ client, answerMs: SEARCH_MS, closing: new AbortController().signal }));
  tell({ end: true });
} catch (error) {
  tell({ error: errorMessage(error) });
}
await closeClient(client);
port.close();
