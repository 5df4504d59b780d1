/** Builds the chain as events come: links and a signed head, by one process at a time. */
import { randomUUID } from 'node:crypto';
import { pause } from '../../platform/process/pause.ts';
import { assertCheckpoint, checkpointAt } from '../checkpoint.ts';
import type { EventStore, LogIdentity, StoredEvent } from '../port.ts';
import { scanTexts } from '../scan.ts';
import { textOf } from '../texts-of.ts';
import { formatToken } from '../token.ts';
import { type ChainPoint, createChain } from './chain.ts';
import type { KeptHead } from './kept-head.ts';
import type { Head, HeadRow, Link, Links } from './links.ts';
import type { HeadSigner, SignedHead } from './signed-head.ts';

export type FollowOptions = {
  readonly store: EventStore;
  readonly identity: LogIdentity;
  readonly links: Links;
  readonly signer: HeadSigner;
  /** Where the head is kept as well. */
  readonly kept: KeptHead | undefined;
  readonly signal: AbortSignal;
  /** Pause between two writes, at least (1,000 ms). */
  readonly writeMs?: number;
  /** Events between two links (1,000): how closely a break can be named. */
  readonly linkEvents?: number;
  /** Whoever finds the head moved by another within this time stands by for it (5,000 ms). */
  readonly standByMs?: number;
};

/** The log is not the one that was chained. */
export class ChainBroken extends Error {
  constructor(why: string) {
    super(`${why}: the log was changed, or cut short. Look where with souk events verify, before anything else`);
    this.name = 'ChainBroken';
  }
}

const LINK_EVENTS = 1_000;

/**
 * Follows until the signal aborts, or stands by while another process does. Throws `ChainBroken`, `CheckpointMismatch`, or
 * what an engine that is away throws: run it supervised. Nothing is written over a head that the log does not fit to.
 */
export async function followChain(options: FollowOptions): Promise<void> {
  const { links, signal, standByMs = 5_000 } = options;
  const mover = randomUUID();
  while (!signal.aborted) {
    const from = await links.open();
    if (from.mover === mover || from.mover === null || from.movedMsAgo > standByMs) await follow(options, from, mover);
    else await pause(standByMs, signal);
  }
}

/** Ends when another process moved the head. */
async function follow(options: FollowOptions, from: HeadRow, mover: string): Promise<void> {
  const { store, identity, links, kept, signal, writeMs = 1_000, linkEvents = LINK_EVENTS } = options;
  await assertCheckpoint(store, checkpointAt(identity, from.position, from.eventId));
  const outside = await keptAhead(options, from);
  const chain = createChain(from);
  let stands: Head = from;
  let last: StoredEvent | undefined;
  let fresh: Link[] = [];
  let writtenAt = Number.NEGATIVE_INFINITY;
  const write = async (): Promise<boolean> => {
    if (!last) return true;
    const to = headAt(options, chain.point(), last);
    if (!(await links.move({ from: stands, to, links: fresh, mover }))) return false;
    await kept?.write(to.signed);
    [stands, last, fresh, writtenAt] = [to, undefined, [], performance.now()];
    return true;
  };
  for await (const message of store.subscribe({ after: from.position, signal })) {
    for (const event of message.kind === 'events' ? message.events : []) {
      chain.add(textOf(event));
      last = event;
      if (chain.events() % linkEvents === 0)
        fresh.push({ ...chain.point(), position: event.position, eventId: event.id });
      if (chain.events() === outside?.events) assertFits(chain.point(), outside);
    }
    if (message.kind === 'caught-up' && outside && chain.events() < outside.events) throw broken(outside);
    if (performance.now() - writtenAt >= writeMs && !(await write())) return;
  }
  await write();
}

function headAt({ identity, signer }: FollowOptions, point: ChainPoint, { position, id }: StoredEvent) {
  const signed = signer.sign({ ...identity, ...point, head: formatToken(identity, position) });
  return { ...point, position, eventId: id, signed };
}

/** The head that is kept elsewhere must lie on this chain: behind `from` it is looked for now; given back, where it is ahead. */
async function keptAhead(options: FollowOptions, from: HeadRow): Promise<SignedHead | undefined> {
  const { store, identity, links, kept, signer } = options;
  const outside = await kept?.read(identity);
  if (!outside) return undefined;
  if (!signer.isOurs(outside)) throw new ChainBroken(`${kept?.path} is not signed with this shop's master key`);
  if (outside.events > from.events) return outside;
  const link = await links.before(outside.events);
  const chain = createChain(link);
  for await (const page of scanTexts(store, {
    after: link?.position ?? null,
    upTo: from.position,
  })) {
    for (const event of page) if (chain.events() < outside.events) chain.add(event);
    if (chain.events() === outside.events) break;
  }
  assertFits(chain.point(), outside);
  return undefined;
}

function assertFits(point: ChainPoint, outside: SignedHead): void {
  if (point.events !== outside.events || point.hash !== outside.hash) throw broken(outside);
}

function broken({ events, hash }: SignedHead): ChainBroken {
  return new ChainBroken(`the head kept elsewhere names ${hash} after ${events} events, and the log has another past`);
}
