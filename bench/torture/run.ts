/** `npm run torture [-- --kills 20 --shoppers 8 --seed 1]`: exit 0 when everything holds, 1 with every fault when not. */
import { parseArgs } from 'node:util';
import { freePort } from '../../platform/postgres/free-port.ts';
import { type TortureResult, torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    shoppers: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

const say = (text: string) => process.stdout.write(`${text}\n`);
say(`seed ${values.seed}`);
const result = await torture({
  kills: Number(values.kills),
  shoppers: Number(values.shoppers),
  seed: Number(values.seed),
  port: await freePort(),
  deadlineS: 8,
  pauseMs: [1_500, 6_000],
  settleMs: 90_000,
  say,
});
report(result);
process.exitCode = result.faults.length === 0 ? 0 : 1;

function report({ faults, evidence, journal, kills }: TortureResult): void {
  const orders = [...evidence.books.orders.values()];
  const ended = (how: string) => orders.filter(({ end }) => end === how).length;
  say('');
  for (const [what, times] of [...journal.counts].sort()) say(`  ${String(times).padStart(6)}  ${what}`);
  say('');
  say(`  ${kills} kills, ${journal.resent} requests sent again, ${evidence.books.events} events`);
  say(
    `  ${orders.length} orders: ${ended('confirmed')} confirmed, ${ended('rejected')} rejected, ${ended('cancelled')} cancelled`,
  );
  say(
    `  ${evidence.ledger.filter(({ captured }) => captured > 0).length} payments charged, ${evidence.books.stock.size} variants`,
  );
  for (const fault of faults.slice(0, 50)) say(`  FAULT ${fault}`);
  say(faults.length === 0 ? '  Everything adds up.' : `  ${faults.length} faults.`);
}
