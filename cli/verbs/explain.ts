/** `souk explain order|price|stock|payout ID`: every figure with the facts that made it. */
import type { Command } from 'commander';
import type { Engines } from '../../composition/engines.ts';
import { idSchema } from '../../domain/ids.ts';
import { formatToken } from '../../event-store/token.ts';
import { findOrderByNumber } from '../../projections/orders/queries.ts';
import { built } from '../built.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { explainOrder } from '../explain/explain-order.ts';
import { explainPrice } from '../explain/explain-price.ts';
import { explainStock } from '../explain/explain-stock.ts';
import type { Explanation, FormatPosition } from '../explain/explanation.ts';
import { explanationTable, ledgerTable } from '../explain/explanation-table.ts';
import { loadOrder, loadProductOf, loadStream } from '../explain/load-history.ts';
import { printLine, remark } from '../output.ts';
import { withEngines } from '../with-engines.ts';

type Options = { readonly json?: boolean };
type Explain = (engines: Engines, id: string, format: FormatPosition) => Promise<Explanation | undefined>;

export function explainVerbs(program: Command): void {
  const explain = program.command('explain').description('trace figures to the facts of the log that made them');
  const verb = (name: string, about: string, { what, run, table = explanationTable }: Verb) =>
    explain
      .command(name)
      .argument('<id>', what)
      .description(about)
      .option('--json', 'as JSON: {subject, figures: [{figure, value, holds, because: […]}]}')
      .action((id: string, options: Options) => show(run, { id, options, table, name }));
  verb('order', 'lines, prices, totals, money and status of an order', { what: 'id or number', run: order });
  verb('price', 'each price of a variant, and who set it', { what: 'id of the variant', run: price });
  verb('stock', 'the stock of a variant as a ledger', { what: 'id of the variant', run: stock, table: ledgerTable });
  explain
    .command('payout')
    .argument('<id>', 'id of the seller')
    .description('what a seller is paid; not in this version')
    .option('--json', 'as JSON')
    .action(() => {
      throw new CommandFailed(
        EXIT.refused,
        'This version of Souk records no payouts: no event tells of commission, accruals or money paid to sellers.',
      );
    });
}

type Verb = {
  readonly what: string;
  readonly run: Explain;
  readonly table?: (explanation: Explanation) => string;
};

type Asked = {
  readonly id: string;
  readonly name: string;
  readonly options: Options;
  readonly table: (explanation: Explanation) => string;
};

async function show(explain: Explain, { id, name, options, table }: Asked): Promise<void> {
  await withEngines(async (engines) => {
    const identity = await engines.store.identity();
    const explanation = await explain(engines, id, (position) => formatToken(identity, position));
    if (explanation === undefined) throw new CommandFailed(EXIT.refused, unknown(name, id));
    await printLine(options.json ? JSON.stringify(explanation, null, 2) : table(explanation));
    const wrong = explanation.figures.filter(({ holds }) => !holds);
    if (wrong.length === 0) return remark('Every figure is what its facts come to.');
    for (const { figure, remark: why = '' } of wrong) remark(`${figure} is not what its facts come to: ${why}.`);
    process.exitCode = EXIT.refused;
  });
}

function unknown(name: string, id: string): string {
  if (name !== 'order') return `The log knows no variant ${id}.`;
  const hint = isId(id) ? '' : ' Numbers are looked up in the read models, which may be behind: an id always works.';
  return `There is no order ${id}.${hint}`;
}

function isId(text: string): boolean {
  return idSchema.safeParse(text).success;
}

async function order({ store, database }: Engines, id: string, format: FormatPosition) {
  const orderId = isId(id) ? id : await built(() => findOrderByNumber(database.pool, id));
  const history = orderId === undefined ? undefined : await loadOrder(store, orderId);
  return history && explainOrder(history, format);
}

async function price({ store }: Engines, id: string, format: FormatPosition) {
  return isId(id) ? explainPrice(id, await loadProductOf(store, id), format) : undefined;
}

async function stock({ store }: Engines, id: string, format: FormatPosition) {
  const events = isId(id) ? await loadStream(store, 'inventory', id) : [];
  return events.length === 0 ? undefined : explainStock(id, events, format);
}
