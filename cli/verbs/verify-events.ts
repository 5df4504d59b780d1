/** `souk events verify`: whether the log is still what was written, by its hash chain. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { chainOf, type EventChain } from '../../composition/chain.ts';
import type { Break, Walked } from '../../event-store/chain/chain-walk.ts';
import { parseSignedHead } from '../../event-store/chain/kept-head.ts';
import type { SignedHead } from '../../event-store/chain/signed-head.ts';
import { verifyChain } from '../../event-store/chain/verify-chain.ts';
import type { LogIdentity, Position } from '../../event-store/port.ts';
import { formatToken } from '../../event-store/token.ts';
import { CommandFailed, EXIT } from '../exit.ts';
import { wholeNumber } from '../options.ts';
import { printObject, remark } from '../output.ts';
import { startProgress } from '../progress.ts';
import { withEngines } from '../with-engines.ts';

type VerifyOptions = { readonly head?: string; readonly after?: number; readonly json?: boolean };

export function verifyEventsVerb(events: Command): void {
  events
    .command('verify')
    .description('replay the log and compare it with its hash chain: was anything changed, removed or reordered?')
    .option('--head <file|json>', 'also with a signed head that was kept elsewhere, as this command prints it')
    .option('--after <events>', 'trust the link at or before so many events, and begin there', wholeNumber)
    .option('--json', 'as JSON')
    .action((options: VerifyOptions) => verify(options));
}

async function verify(options: VerifyOptions): Promise<void> {
  const given = options.head === undefined ? [] : [{ from: 'the head given', head: await headIn(options.head) }];
  await withEngines(async (engines, interrupted) => {
    const chain = await chainOf(engines);
    const kept = await keptHead(chain);
    const heads = [...given, ...(kept ? [{ from: `the head in ${chain.kept?.path}`, head: kept }] : [])];
    const { store } = engines;
    const bar = startProgress('Verifying', store.distance(null, await store.head()));
    const onPage = (_page: unknown, done: number) => bar.reach(done);
    const found = await verifyChain({ ...chain, heads, after: options.after, signal: interrupted, onPage }).finally(
      bar.stop,
    );
    if (!found) return;
    if (found.broken) tell(found.broken);
    if (found.broken) process.exitCode = EXIT.refused;
    await printObject(resultOf(found, chain), options.json === true);
  });
}

async function headIn(option: string): Promise<SignedHead> {
  try {
    if (option.trimStart().startsWith('{')) return parseSignedHead(option, '--head');
    return parseSignedHead(await readFile(option, 'utf8'), option);
  } catch (error) {
    throw new CommandFailed(EXIT.usage, (error as Error).message);
  }
}

async function keptHead({ kept, identity }: EventChain): Promise<SignedHead | undefined> {
  try {
    return await kept?.read(identity);
  } catch (error) {
    // It was damaged or forged: what it cannot tell must not pass for what holds.
    throw new CommandFailed(EXIT.refused, (error as Error).message);
  }
}

function tell({ why, after, upTo, streams }: Break): void {
  const some = streams.length > 0 ? ` Streams in there: ${streams.join(', ')}.` : '';
  remark(`The chain does not hold: ${why}. The first break lies after event ${after}, up to event ${upTo}.${some}`);
}

/** What holds is signed, to be kept elsewhere. */
function resultOf({ events, hash, last, links, broken }: Walked, { identity, signer }: EventChain) {
  const head = last ? formatToken(identity, last.position) : null;
  const result = { events, head, hash, links, ok: broken === undefined };
  if (broken) return { ...result, broken: shownBreak(broken, identity) };
  const { logId, epoch, signedAt, signature, signer: by } = signer.sign({ ...identity, events, head, hash });
  return { ...result, logId, epoch, signedAt, signature, signer: by };
}

function shownBreak({ first, last, ...found }: Break, identity: LogIdentity) {
  const shown = (position: Position | null) => (position === null ? null : formatToken(identity, position));
  return { ...found, first: shown(first), last: shown(last) };
}
