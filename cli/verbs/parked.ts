/** `souk parked …`: events that a read model could not apply; they are shown, tried again, or left out. */
import type { Command } from 'commander';
import { recordOperation } from '../../composition/audit.ts';
import type { Engines } from '../../composition/engines.ts';
import { createProjections } from '../../composition/projections.ts';
import { openReadModels } from '../../composition/read-models.ts';
import { formatToken } from '../../event-store/token.ts';
import { pause } from '../../platform/process/pause.ts';
import {
  findParked,
  listParked,
  outcomeOf,
  type ParkedItem,
  type ParkedWish,
  wishParked,
} from '../../projections/runtime/parked-items.ts';
import { shownEvent } from '../../read-api/shown-event.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { printLine, printObject, printRows, remark, type TableRow } from '../output.ts';
import { cliActor, withEngines } from '../with-engines.ts';

const COLUMNS = [
  'id',
  'name',
  'generation',
  'lane',
  'key',
  'position',
  'type',
  'stream',
  'error',
  'attempts',
  'parkedAt',
  'waiting',
  'wish',
] as const;
const OUTCOMES = ['id', 'name', 'key', 'outcome', 'error'] as const;
const PAGE = 500;
const LOOK_MS = 100;
/** Somebody keeps the rows, or nobody does who could: a paused projection, or one of another version. */
const PATIENCE_MS = 20_000;

type Json = { readonly json?: boolean };

export function parkedVerbs(program: Command): void {
  const parked = program.command('parked').description('events that a read model could not apply');
  parked
    .command('list')
    .description('the first event of each row that is held up, and how many wait behind it')
    .option('--name <projection>', 'only of this one')
    .option('--json', 'as JSON')
    .action((options: Json & { name?: string }) => list(options));
  parked
    .command('show')
    .argument('<id>')
    .description('the event, why it could not be applied, and where in the code')
    .option('--json', 'as JSON')
    .action((id: string, options: Json) => show(id, options));
  parked
    .command('retry')
    .argument('[id...]')
    .description('try them again, once the code or the data are mended, and tell what came of it')
    .option('--all', 'all that is parked')
    .option('--json', 'as JSON')
    .action((ids: readonly string[], options: Json & { all?: boolean }) => retry(ids, options));
  parked
    .command('skip')
    .argument('<id>')
    .description('leave this event out for good, and go on with those behind it')
    .requiredOption('--reason <text>', 'why it may be left out; it is kept')
    .option('--json', 'as JSON')
    .action((id: string, options: Json & { reason: string }) => skip(id, options));
}

async function list({ name, json = false }: Json & { readonly name?: string }): Promise<void> {
  await withEngines(async (engines) => {
    const items = await allParked(engines, name);
    const { store } = engines;
    const identity = await store.identity();
    const rows = items.map(({ stack: _shown, eventId: _too, ...item }): TableRow => {
      return { ...item, position: formatToken(identity, item.position) };
    });
    await printRows(rows, COLUMNS, json);
  });
}

async function show(id: string, { json = false }: Json): Promise<void> {
  await withEngines(async (engines) => {
    const { stack, ...item } = await parkedItem(engines, id);
    const { store } = engines;
    const identity = await store.identity();
    const format = (position: ParkedItem['position']) => formatToken(identity, position);
    const stored = item.eventId === null ? undefined : await store.eventAt(item.position);
    const event = stored ? shownEvent(stored, format) : null;
    const shown = { ...item, position: format(item.position) };
    if (json) return printLine(JSON.stringify({ ...shown, stack, event }));
    await printObject(shown, false);
    if (stack !== null) await printLine(stack);
    if (event !== null) await printLine(JSON.stringify(event, null, 2));
  });
}

async function retry(ids: readonly string[], { all = false, json = false }: Json & { readonly all?: boolean }) {
  if (all === ids.length > 0)
    throw new CommandFailed(EXIT.usage, 'Name what is to be tried again by id, or say --all.');
  await wished(json, { wish: 'retry' }, (engines) => {
    return all ? allParked(engines) : Promise.all(ids.map((id) => parkedItem(engines, id)));
  });
}

async function skip(id: string, { reason, json = false }: Json & { readonly reason: string }): Promise<void> {
  if (reason.trim() === '') throw new CommandFailed(EXIT.usage, 'Say with --reason why it may be left out.');
  await wished(json, { wish: 'skip', reason }, async (engines) => [await parkedItem(engines, id)]);
}

type Wish = { readonly wish: ParkedWish; readonly reason?: string };

/** Records, wishes, and waits until whoever keeps the rows has carried it out: a running shop, or else this command. */
async function wished(json: boolean, wish: Wish, find: (engines: Engines) => Promise<readonly ParkedItem[]>) {
  await withEngines(async (engines, interrupted) => {
    const items = await find(engines);
    const by = cliActor(engines);
    const reason = wish.reason === undefined ? {} : { reason: wish.reason };
    for (const { id, name, key } of items) {
      const operation = { action: `parked.${wish.wish}`, subject: id, detail: { projection: name, key }, ...reason };
      await recordOperation(engines, operation, { actor: by });
      await wishParked(engines.database.pool, id, { ...wish, by });
    }
    const runtime = createProjections(engines, await openReadModels(engines), { yields: true });
    try {
      await runtime.start();
      const rows: TableRow[] = [];
      for (const item of items) {
        // Where one was waited for in vain, nobody is waited for again.
        const patienceMs = rows.some(({ outcome }) => outcome === 'noted') ? 0 : PATIENCE_MS;
        const outcome = await carriedOut(engines, item, { patienceMs, interrupted });
        if (outcome) rows.push(outcome);
      }
      await printRows(rows, OUTCOMES, json);
      if (!interrupted.aborted && rows.some(({ outcome }) => outcome !== 'level')) process.exitCode = EXIT.refused;
    } finally {
      await runtime.stop();
    }
  });
}

/** Undefined: Ctrl-C came first; it is carried out all the same by whoever keeps the rows next. */
async function carriedOut(
  engines: Engines,
  item: ParkedItem,
  { patienceMs, interrupted }: { readonly patienceMs: number; readonly interrupted: AbortSignal },
): Promise<TableRow | undefined> {
  const { id, name, key } = item;
  const until = performance.now() + patienceMs;
  while (!interrupted.aborted) {
    const outcome = await outcomeOf(engines.database.pool, item);
    if (outcome === 'level') return { id, name, key, outcome, error: null };
    // Another id: this event is settled, and one behind it fails.
    if (outcome !== 'waiting') return { id: outcome.id, name, key, outcome: 'failed', error: outcome.error };
    if (performance.now() > until && (await findParked(engines.database.pool, id))) {
      remark(`Nobody keeps projection ${name} as it is: it may be paused. It is done as soon as somebody does.`);
      return { id, name, key, outcome: 'noted', error: item.error };
    }
    await pause(LOOK_MS, interrupted);
  }
  return undefined;
}

async function allParked({ database }: Engines, name?: string): Promise<readonly ParkedItem[]> {
  const items: ParkedItem[] = [];
  for (;;) {
    const page = await listParked(database.pool, { name, after: items.at(-1)?.id, limit: PAGE });
    items.push(...page);
    if (page.length < PAGE) return items;
  }
}

async function parkedItem({ database }: Engines, id: string): Promise<ParkedItem> {
  const item = await findParked(database.pool, id);
  if (item) return item;
  throw new CommandFailed(EXIT.refused, `Nothing is parked as ${id}. souk parked list tells what is.`);
}
