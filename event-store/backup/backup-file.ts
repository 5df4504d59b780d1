/** A backup of the log as a file: a header, an event a line, and at the end the signed head of their chain. */
import { z } from 'zod';
import { type ChainedEvent, type ChainPoint, createChain } from '../chain/chain.ts';
import { isSigned, type SignedHead, signedHeadSchema } from '../chain/signed-head.ts';
import type { EventMetadata, JsonObject, LogIdentity, StoredEvent } from '../port.ts';
import { createLineFile, DamagedFile, linesOf } from './line-file.ts';

const headerSchema = z.object({
  souk: z.literal('events'),
  format: z.literal(1),
  logId: z.string(),
  epoch: z.number().int(),
  /** RFC 3339, UTC: the log holds everything that was acknowledged before. */
  begunAt: z.string(),
  /** Undefined where the log could not count its events. */
  events: z.number().int().optional(),
});
const trailerSchema = z.object({ end: signedHeadSchema });

export type BackupHeader = z.infer<typeof headerSchema>;

export type BackupFile = {
  add(events: readonly ChainedEvent[]): Promise<void>;
  /** The head of what was added. */
  finish(head: SignedHead): Promise<void>;
  close(): Promise<void>;
};

/** Writes the header. */
export async function createBackupFile(
  path: string,
  { logId, epoch, events }: LogIdentity & { readonly events: number | undefined },
): Promise<BackupFile> {
  const file = createLineFile(path);
  const header = { souk: 'events', format: 1, logId, epoch, begunAt: new Date().toISOString(), events };
  try {
    await file.write(`${JSON.stringify(header)}\n`);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    add: (events) => file.write(events.map(lineOf).join('')),
    async finish(head) {
      await file.write(`${JSON.stringify({ end: head })}\n`);
      await file.finish();
    },
    close: () => file.close(),
  };
}

/** Data and metadata as texts: what was hashed comes back to the byte. */
function lineOf({ stream, revision, id, type, data, metadata }: ChainedEvent): string {
  return `${JSON.stringify([stream, revision, id, type, data, metadata])}\n`;
}

export type CheckedBackup = {
  readonly header: BackupHeader;
  readonly head: SignedHead;
  /** The chain after the first `mark` events; undefined where it has fewer. */
  readonly atMark: ChainPoint | undefined;
};

type CheckOptions = {
  readonly mark: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number | undefined) => void;
};

/**
 * Reads all of it and computes its chain. Throws `DamagedFile` where anything is missing or was changed: its own key must
 * have signed it; whose key that is the caller asks. Undefined where the signal aborted it.
 */
export async function checkBackup(
  path: string,
  { mark, signal, onProgress }: CheckOptions,
): Promise<CheckedBackup | undefined> {
  const chain = createChain();
  let atMark = mark === 0 ? chain.point() : undefined;
  let header: BackupHeader | undefined;
  let head: SignedHead | undefined;
  for await (const piece of piecesOf(path)) {
    if (signal.aborted) return undefined;
    header ??= piece.header;
    for (const event of piece.events) {
      chain.add(event);
      if (chain.events() === mark) atMark = chain.point();
    }
    head = piece.head;
    onProgress(chain.events(), header?.events);
  }
  if (!header || !head) throw new DamagedFile(path, 'its end is missing');
  const { events, hash } = chain.point();
  if (head.events !== events || head.hash !== hash || !isSigned(head) || head.logId !== header.logId)
    throw new DamagedFile(path, `its ${events} events are not those that its end was signed over`);
  return { header, head, atMark };
}

/** The events after the first `after`, of a backup that was checked. */
export async function* eventsIn(path: string, after: number): AsyncGenerator<readonly Omit<StoredEvent, 'position'>[]> {
  let seen = 0;
  for await (const { events } of piecesOf(path)) {
    const skipped = Math.min(Math.max(after - seen, 0), events.length);
    seen += events.length;
    if (skipped < events.length) yield events.slice(skipped).map(parsedEvent);
  }
}

function parsedEvent({ data, metadata, ...event }: ChainedEvent): Omit<StoredEvent, 'position'> {
  return { ...event, data: JSON.parse(data) as JsonObject, metadata: JSON.parse(metadata) as EventMetadata };
}

type Piece = {
  readonly header: BackupHeader | undefined;
  readonly events: readonly ChainedEvent[];
  readonly head: SignedHead | undefined;
};

async function* piecesOf(path: string): AsyncGenerator<Piece> {
  let header: BackupHeader | undefined;
  let head: SignedHead | undefined;
  for await (const lines of linesOf(path)) {
    const events: ChainedEvent[] = [];
    for (const line of lines) {
      const value = parsed(path, line);
      if (head) throw new DamagedFile(path, 'there is more behind its end');
      if (!header) header = headerIn(path, value);
      else if (Array.isArray(value)) events.push(eventIn(path, value));
      else head = checked(path, trailerSchema, value).end;
    }
    yield { header, events, head };
  }
}

function parsed(path: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new DamagedFile(path, 'a line of it is no JSON');
  }
}

function headerIn(path: string, value: unknown): BackupHeader {
  const { souk, format } = (value ?? {}) as { souk?: unknown; format?: unknown };
  if (souk === 'keys') throw new DamagedFile(path, 'it holds keys: name it with --keys');
  if (souk === 'events' && format !== 1) throw new DamagedFile(path, `its format ${format} is newer than this version`);
  return checked(path, headerSchema, value);
}

function eventIn(path: string, [stream, revision, id, type, data, metadata]: readonly unknown[]): ChainedEvent {
  const texts = [stream, id, type, data, metadata].every((text) => typeof text === 'string');
  if (!texts || !Number.isInteger(revision)) throw new DamagedFile(path, 'a line of it is no event');
  return {
    stream: stream as string,
    revision: revision as number,
    id: id as string,
    type: type as string,
    data: data as string,
    metadata: metadata as string,
  };
}

function checked<T>(path: string, schema: z.ZodType<T>, value: unknown): T {
  const found = schema.safeParse(value);
  if (!found.success) throw new DamagedFile(path, 'it is no backup as souk backup writes them');
  return found.data;
}
