/** Parts of an export in the making: filled one after the other, each entered in the manifest once it is whole. */
import { join } from 'node:path';
import type { ExportedEvent } from './lines.ts';
import { type Manifest, type Part, saveManifest } from './manifest.ts';
import type { PartFile, PartFiles } from './part-files.ts';

export type Parts = {
  /** `reached`: the log was gone through up to here with these events; `undecodable` of them stand as they lie. */
  add(events: readonly ExportedEvent[], reached: string, undecodable: number): Promise<void>;
  /** The manifest as it then lies in the folder; everything up to `position` is in it. */
  finish(position: string): Promise<Manifest>;
  /** Lets go of the part that is not full. Those that are stay. */
  discard(): Promise<void>;
};

type Options = {
  readonly dir: string;
  /** With the parts that stay. */
  readonly manifest: Manifest;
  /** Where the first new part begins, exclusive. */
  readonly after: string | null;
  readonly files: PartFiles;
  /** Events of a part at least; only the last one has fewer. */
  readonly partEvents: number;
};

type Growing = Part & { readonly out: PartFile };

export function createParts({ dir, manifest, after, files, partEvents }: Options): Parts {
  let current: Growing | undefined;
  let count = manifest.parts.length;
  let from = after;
  // One part is made whole while the next one is read; its failure is told where it is awaited.
  let entered = Promise.resolve(manifest);

  const begin = (first: string): Growing => {
    count += 1;
    const file = `events-${String(count).padStart(6, '0')}.${files.extension}`;
    const out = files.create(join(dir, file));
    return { out, file, first, last: first, events: 0, after: from, undecodable: 0 };
  };
  const enter = async ({ out, ...part }: Growing, before: Promise<Manifest>, position: string): Promise<Manifest> => {
    const known = await before;
    await out.finish();
    const next = { ...known, parts: [...known.parts, part], position };
    await saveManifest(dir, next);
    return next;
  };
  const close = async (position: string) => {
    if (!current) return;
    const part = current;
    const before = entered;
    current = undefined;
    from = position;
    entered = enter(part, before, position);
    entered.catch(() => undefined);
    await before;
  };

  return {
    async add(events, reached, undecodable) {
      const [first, last] = [events[0], events.at(-1)];
      if (!first || !last) return;
      current ??= begin(first.position);
      await current.out.write(events);
      const { events: had, undecodable: odd } = current;
      current = { ...current, last: last.position, events: had + events.length, undecodable: odd + undecodable };
      if (current.events >= partEvents) await close(reached);
    },
    async finish(position) {
      await close(position);
      const known = await entered;
      if (known.position === position) return known;
      const next = { ...known, position };
      await saveManifest(dir, next);
      return next;
    },
    async discard() {
      await current?.out.discard();
      await entered.catch(() => undefined);
    },
  };
}
