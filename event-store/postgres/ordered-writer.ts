/** Writes the events of another log into this one: many appends in one transaction, in one order. */
import type { OrderedWriter } from '../copy/ordered-writer.ts';
import { type EncodedEvent, encodeAppend } from '../encode.ts';
import { expectedOf } from '../exact-revision.ts';
import { LogSealed, LogUnavailable, OutcomeUnknown, WrongExpectedRevision } from '../port.ts';
import { type AppendOutcome, batchStatement, WRITER_SETUP } from './append-batch.ts';
import { type Connection, isRefusal, openConnection } from './connection.ts';

type Encoded = { readonly stream: string; readonly expected: number; readonly events: readonly EncodedEvent[] };

/** A server that does not answer for this long is taken for gone. */
const ANSWER_TIMEOUT_MS = 30_000;

/**
 * For a log that nobody else writes to yet: the head stays locked for as long as a portion takes, where a group commit
 * lets go after each batch. What it writes is told to nobody; readers find it when they look.
 */
export function createOrderedWriter(url: string): OrderedWriter {
  let connection: Connection | undefined;
  return {
    async write(runs) {
      const encoded = runs.map(({ stream, expected, events }) => ({
        stream,
        expected,
        events: encodeAppend(stream, events),
      }));
      if (!connection?.alive()) connection = await connect(url);
      await store(connection, wavesOf(encoded));
    },
    async close() {
      connection?.destroy();
    },
  };
}

async function connect(url: string): Promise<Connection> {
  try {
    return await openConnection(url, 'souk log copy', WRITER_SETUP);
  } catch (error) {
    throw new LogUnavailable('the log that is copied to cannot be reached', error);
  }
}

/** A call of the append function takes one append of a stream: where a stream comes again, the next call begins. */
function wavesOf(appends: readonly Encoded[]): readonly (readonly Encoded[])[] {
  const waves: Encoded[][] = [];
  let streams = new Set<string>();
  for (const append of appends) {
    if (waves.length === 0 || streams.has(append.stream)) {
      waves.push([]);
      streams = new Set();
    }
    waves.at(-1)?.push(append);
    streams.add(append.stream);
  }
  return waves;
}

/**
 * All of a portion is stored, or nothing: a refused append, as while an older copy is still at work, must not leave a gap
 * before those that follow it. A connection that failed is given up, and with it what it had begun.
 */
async function store(connection: Connection, waves: readonly (readonly Encoded[])[]): Promise<void> {
  const timer = setTimeout(connection.destroy, ANSWER_TIMEOUT_MS);
  try {
    const answers: unknown = await connection.client.query(['begin', ...waves.map(batchStatement)].join(';\n'));
    const outcomes = (answers as readonly { readonly rows: AppendOutcome[] }[]).flatMap(({ rows }) => rows);
    assertStored(waves.flat(), outcomes);
    await connection.client.query('commit');
  } catch (error) {
    connection.destroy();
    if (error instanceof LogUnavailable || error instanceof WrongExpectedRevision) throw error;
    if (isRefusal(error) && /^(?:22|23|54)/.test(error.code ?? '')) throw error;
    if (isRefusal(error)) throw new LogUnavailable('the log that is copied to did not take a portion', error);
    throw new OutcomeUnknown(error);
  } finally {
    clearTimeout(timer);
  }
}

function assertStored(appends: readonly Encoded[], outcomes: readonly AppendOutcome[]): void {
  appends.forEach(({ stream, expected }, index) => {
    const { outcome, revision } = outcomes[index] as AppendOutcome;
    if (outcome === 'sealed') throw new LogSealed();
    if (outcome === 'conflict') {
      throw new WrongExpectedRevision(stream, expectedOf(expected), revision);
    }
  });
}
