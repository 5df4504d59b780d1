/** `souk import products FILE`: a catalogue through the shop's own commands. */
import type { Command } from 'commander';
import {
  type ImportReport,
  ImportStopped,
  importProducts,
  unknownColumns,
} from '../../commands/imports/import-products.ts';
import { type RawRow, readProductRows, UnreadableFile } from '../../commands/imports/read-product-rows.ts';
import { findSeller, importsSeller } from '../../commands/imports/seller-of-import.ts';
import type { Shop } from '../../commands/shop.ts';
import type { Engines } from '../../composition/engines.ts';
import { createProjections } from '../../composition/projections.ts';
import { openReadModels } from '../../composition/read-models.ts';
import { createShop } from '../../composition/shop.ts';
import { CommandFailed, EXIT, reasonOf } from '../exit.ts';
import { currencyCode, wholeNumber } from '../options.ts';
import { printLine, remark } from '../output.ts';
import { startProgress } from '../progress.ts';
import { cliActor, withEngines } from '../with-engines.ts';

type Options = { readonly seller?: string; readonly currency: string; readonly stock: number };

export function importVerbs(program: Command): void {
  program
    .command('import')
    .description('bring data in')
    .command('products')
    .argument('<file>', 'a JSON array, NDJSON, or CSV with a header')
    .description('add and revise the products of a file; safe to repeat')
    .option('--seller <id|name>', 'whose products they are (a seller "Imports" unless said)')
    .option('--currency <code>', 'of rows that name none', currencyCode, 'USD')
    .option('--stock <units>', 'received for a product that is added, where its row says none', wholeNumber, 0)
    .option('--json', 'the report as JSON (it always is)')
    .action((file: string, options: Options) => run(file, options));
}

async function run(file: string, options: Options): Promise<void> {
  const rows = await readRows(file);
  const unknown = unknownColumns(rows);
  if (unknown.length > 0) remark(`Columns that are not known and are ignored: ${unknown.join(', ')}`);
  await withEngines((engines, interrupted) =>
    withShop(engines, async (shop, projections) => {
      try {
        const report = await importInto(shop, { rows, options, engines, interrupted });
        if (report.refused.length > 0 && !interrupted.aborted) process.exitCode = EXIT.refused;
        try {
          await upToDate(projections, interrupted);
        } finally {
          await printLine(JSON.stringify(report));
        }
      } catch (error) {
        // What was done before the fault is done, and told.
        if (error instanceof ImportStopped) await printLine(JSON.stringify(error.report));
        throw error;
      }
    }),
  );
}

type Projections = ReturnType<typeof createProjections>;

/** Started here, the projections are brought up to date here; a shop that runs on these engines keeps its own. */
async function withShop(
  engines: Engines,
  work: (shop: Shop, projections: Projections) => Promise<void>,
): Promise<void> {
  const running = await createShop(engines);
  const projections = createProjections(engines, await openReadModels(engines), { yields: true });
  try {
    await projections.start();
    await work(running.shop, projections);
  } finally {
    await running.close();
    await projections.stop();
  }
}

async function readRows(file: string): Promise<readonly RawRow[]> {
  try {
    return await readProductRows(file);
  } catch (error) {
    if (error instanceof UnreadableFile) throw new CommandFailed(EXIT.usage, error.message);
    throw error;
  }
}

type Import = {
  readonly rows: readonly RawRow[];
  readonly options: Options;
  readonly engines: Engines;
  readonly interrupted: AbortSignal;
};

async function importInto(shop: Shop, { rows, options, engines, interrupted }: Import): Promise<ImportReport> {
  const actor = cliActor(engines);
  const sellerId = await sellerOf(shop, engines, { name: options.seller, actor });
  const progress = startProgress('importing', rows.length);
  const { currency, stock } = options;
  const onRow = () => progress.advance();
  try {
    return await importProducts(shop, rows, { sellerId, currency, stock, actor, onRow, signal: interrupted });
  } finally {
    progress.stop();
  }
}

async function sellerOf(
  shop: Shop,
  engines: Engines,
  { name, actor }: { readonly name: string | undefined; readonly actor: string },
): Promise<string> {
  if (name === undefined) return importsSeller(shop, actor);
  const sellerId = await findSeller(engines.store, shop, name);
  if (sellerId === undefined)
    throw new CommandFailed(EXIT.usage, `There is no seller ${name}. Name one by id or by its shop's name.`);
  return sellerId;
}

/** What was imported can be found when the command ends. */
async function upToDate(projections: Projections, interrupted: AbortSignal): Promise<void> {
  try {
    await projections.reachHead(interrupted);
  } catch (error) {
    throw new Error(`The products are in the log, but a projection does not follow: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}
