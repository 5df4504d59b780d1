/** Writes the history into a folder that other tools read, and brings such a folder up to date. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engines } from '../../composition/engines.ts';
import type { LogIdentity, Position, StoredText } from '../../event-store/port.ts';
import { formatToken } from '../../event-store/token.ts';
import type { KeyStore } from '../../platform/keys/key-store.ts';
import { withFileLock } from '../../platform/process/file-lock.ts';
import { type Choice, type Choosing, choiceOf, positionOf, textsFor } from './choice.ts';
import { metadataOf, textOf } from './event-text.ts';
import type { ExportedEvent } from './export/lines.ts';
import { type Manifest, openManifest, type Part } from './export/manifest.ts';
import { type Format, openPartFiles, type PartFiles } from './export/part-files.ts';
import { createParts } from './export/parts.ts';
import { UNFINISHED } from './export/write-whole.ts';
import { omitPersonal, openPersonal, type Personal } from './personal-text.ts';

export type ExportOptions = {
  /** Made where it is not there. Its `manifest.json` says what is in it. */
  readonly dir: string;
  readonly format: Format;
  readonly personal: Personal;
  /** Which events; all, unless given. */
  readonly choosing?: Choosing;
  readonly signal: AbortSignal;
  /** Events of a file, or a few more; only the last one has fewer (50,000). */
  readonly partEvents?: number;
  /** Told how many events of the log were gone through, of how many; undefined where the log cannot count them. */
  readonly onProgress?: (done: number, total: number | undefined) => void;
};

export type ExportReport = {
  /** Events and files that are in the folder now. */
  readonly events: number;
  readonly files: number;
  /** Position up to which the folder holds what was asked for; null: an empty log. */
  readonly head: string | null;
  /** Events that this run wrote. */
  readonly written: number;
  /** Events in the folder that this version of Souk cannot read: they stand as they lie in the log. */
  readonly undecodable: number;
};

const PART_EVENTS = 50_000;

type Log = Pick<Engines, 'store' | 'keys'>;

/**
 * Goes on where an earlier run ended, however that ended; its last file is taken up again where it is not full. Undefined
 * where the signal aborted it. Fails where the folder holds something else than what is asked for, or another run is at
 * work in it.
 */
export async function exportHistory(engines: Log, options: ExportOptions): Promise<ExportReport | undefined> {
  const { dir, format, personal, choosing = {} } = options;
  const identity = await engines.store.identity();
  const choice = choiceOf(choosing, identity);
  await mkdir(dir, { recursive: true });
  return withFileLock(
    join(dir, 'export.lock'),
    async () => {
      const manifest = await openManifest(dir, { identity, format, personal, filters: choosing });
      await removeUnfinished(dir);
      const files = await openPartFiles(format);
      try {
        return await bringUpToDate(engines, options, { manifest, choice, identity, files });
      } finally {
        files.close();
      }
    },
    { timeoutMs: 1_000 },
  );
}

/** What a run that was killed left behind. */
async function removeUnfinished(dir: string): Promise<void> {
  for (const name of await readdir(dir)) if (name.endsWith(UNFINISHED)) await rm(join(dir, name), { force: true });
}

type Run = {
  readonly manifest: Manifest;
  readonly choice: Choice;
  readonly identity: LogIdentity;
  readonly files: PartFiles;
};

async function bringUpToDate(
  { store, keys }: Log,
  { dir, personal, signal, onProgress, partEvents = PART_EVENTS }: ExportOptions,
  { manifest, choice, identity, files }: Run,
): Promise<ExportReport | undefined> {
  const show = (position: Position) => formatToken(identity, position);
  const head = await store.head();
  const { reached, after, stay } = placeToGoOn(manifest, { choice, identity, partEvents });
  if (head === null || (reached !== null && reached >= head)) return reportOf(manifest, 0);
  const kept = { ...manifest, parts: stay };
  const parts = createParts({ dir, files, partEvents, manifest: kept, after: after && show(after) });
  const total = store.distance(after, head);
  let [done, written] = [0, 0];
  try {
    for await (const page of textsFor(store, { ...choice, after }, { upTo: head, signal })) {
      const { events, undecodable } = await exportedOf(page, { choice, personal, keys, show });
      await parts.add(events, show((page.at(-1) as StoredText).position), undecodable);
      done += page.length;
      written += events.length;
      onProgress?.(done, total);
    }
    if (!signal.aborted) return reportOf(await parts.finish(show(head)), written);
  } catch (error) {
    await parts.discard();
    throw error;
  }
  await parts.discard();
  return undefined;
}

/** After the last full part: what came since the last one was cut short goes into it. */
function placeToGoOn(
  { parts, position }: Manifest,
  { choice, identity, partEvents }: Pick<Run, 'choice' | 'identity'> & { readonly partEvents: number },
) {
  const placeOf = (token: string | null) => (token === null ? null : positionOf(token, identity));
  const reached = position === null ? choice.after : placeOf(position);
  const last = parts.at(-1);
  if (!last || last.events >= partEvents) return { reached, after: reached, stay: parts };
  return { reached, after: placeOf(last.after), stay: parts.slice(0, -1) };
}

type How = {
  readonly choice: Choice;
  readonly personal: Personal;
  readonly keys: Pick<KeyStore, 'openAll'>;
  readonly show: (position: Position) => string;
};

async function exportedOf(page: readonly StoredText[], { choice, personal, keys, show }: How) {
  const events: ExportedEvent[] = [];
  let undecodable = 0;
  for (const event of page) {
    const metadata = metadataOf(event);
    if (!choice.accepts(event, metadata)) continue;
    const text = textOf(event, metadata);
    if (text.undecodable) undecodable += 1;
    const data = personal === 'omit' ? omitPersonal(text.data) : text.data;
    events.push({ event, position: show(event.position), metadata, data });
  }
  if (personal === 'omit') return { events, undecodable };
  const opened = await openPersonal(
    events.map(({ data }) => data),
    keys,
  );
  return { events: events.map((event, at) => ({ ...event, data: opened[at] ?? event.data })), undecodable };
}

function reportOf({ parts, position }: Manifest, written: number): ExportReport {
  const sum = (of: (part: Part) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    events: sum(({ events }) => events),
    files: parts.length,
    head: position,
    written,
    undecodable: sum(({ undecodable }) => undecodable),
  };
}
