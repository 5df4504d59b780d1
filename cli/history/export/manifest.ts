/** What an export folder says of itself: which history it holds, how, and how far. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LogIdentity } from '../../../event-store/port.ts';
import { errorCode } from '../../../platform/process/error-code.ts';
import { CommandFailed, EXIT } from '../../exit.ts';
import { COLUMNS } from './lines.ts';
import { writeWhole } from './write-whole.ts';

const part = z.object({
  file: z.string().regex(/^events-\d{6,}\.[a-z.]+$/),
  /** Positions of its first and last event. */
  first: z.string(),
  last: z.string(),
  events: z.number().int().min(1),
  /** Where the part begins in the log, exclusive; null: at its start. */
  after: z.string().nullable(),
  /** Events that this version of Souk cannot read and that stand as they lie in the log. */
  undecodable: z.number().int().min(0),
});
export type Part = z.output<typeof part>;

const filters = z.object({
  after: z.string().optional(),
  before: z.string().optional(),
  since: z.string().optional(),
  until: z.string().optional(),
  actor: z.string().optional(),
  category: z.array(z.string()).readonly().optional(),
  type: z.array(z.string()).readonly().optional(),
});

const manifestSchema = z.object({
  logId: z.string(),
  epoch: z.number().int(),
  format: z.enum(['ndjson', 'parquet']),
  personal: z.enum(['omit', 'decrypt']),
  /** Only these events of the log. */
  filters,
  /** Column name to type, as `souk sql` sees them. */
  columns: z.record(z.string(), z.string()),
  parts: z.array(part),
  /** Everything up to here is in the parts; null: nothing. */
  position: z.string().nullable(),
});
export type Manifest = z.output<typeof manifestSchema>;

export type Wanted = Pick<Manifest, 'format' | 'personal' | 'filters'> & { readonly identity: LogIdentity };

export const MANIFEST = 'manifest.json';

/** The folder is another export's: of another log, another version, or another choice. */
export class OtherExport extends CommandFailed {
  constructor(message: string) {
    super(EXIT.usage, message);
  }
}

/** Of the folder, or a new one where it has none. Fails where the folder holds something else than what is wanted. */
export async function openManifest(dir: string, { identity, ...wanted }: Wanted): Promise<Manifest> {
  const { logId, epoch } = identity;
  const asked = { logId, epoch, ...wanted, filters: filters.parse(wanted.filters), columns: COLUMNS };
  const found = await readManifest(dir);
  if (!found) return { ...asked, parts: [], position: null };
  const differs = differenceOf(found, asked);
  if (!differs) return found;
  throw new OtherExport(`${dir} holds ${differs}. Take another folder, or remove this one.`);
}

export async function saveManifest(dir: string, manifest: Manifest): Promise<void> {
  await writeWhole(join(dir, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const path = join(dir, MANIFEST);
  try {
    return manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new OtherExport(`${path} is none of an export. Take another folder, or remove this one.`);
  }
}

function differenceOf(found: Manifest, wanted: Omit<Manifest, 'parts' | 'position'>): string | undefined {
  if (found.logId !== wanted.logId) return 'an export of another log';
  if (found.epoch !== wanted.epoch) return 'an export from before this log was restored';
  if (found.format !== wanted.format) return `an export as ${found.format}`;
  if (found.personal !== wanted.personal) return `an export made with --personal ${found.personal}`;
  if (JSON.stringify(found.filters) !== JSON.stringify(wanted.filters)) {
    return `an export of other events (${shown(found.filters)})`;
  }
  if (JSON.stringify(found.columns) !== JSON.stringify(wanted.columns)) return 'an export of another version of Souk';
  return undefined;
}

function shown(chosen: Manifest['filters']): string {
  const options = Object.entries(chosen).map(([name, value]) => `--${name} ${String(value)}`);
  return options.length === 0 ? 'all' : options.join(' ');
}
