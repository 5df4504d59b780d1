/** Replays the log and holds its chain against every link, the signed head, and a head that was kept elsewhere. */
import type { EventStore, Position, StoredText } from '../port.ts';
import { scanTexts } from '../scan.ts';
import type { ChainPoint } from './chain.ts';
import { type Mark, startWalk, type Walked } from './chain-walk.ts';
import type { Head, Link, Links } from './links.ts';
import type { HeadSigner, SignedHead } from './signed-head.ts';

export type VerifyOptions = {
  readonly store: EventStore;
  readonly links: Links;
  readonly signer: HeadSigner;
  /** Heads kept elsewhere, by where they come from; of another log too, as a copy has the same chain. */
  readonly heads: readonly { readonly from: string; readonly head: ChainPoint | SignedHead }[];
  /** Takes the link at or before so many events for proven, and begins there. */
  readonly after?: number | undefined;
  /** Up to here; the end of the log as it is now, unless given. */
  readonly upTo?: Position | null;
  readonly signal: AbortSignal;
  /** Shown every page as it was chained. */
  readonly onPage?: (page: readonly StoredText[], done: number) => Promise<void> | void;
};

const LINKS_AT_ONCE = 1_000;

/**
 * Undefined where the signal aborted it. Ends soon after the first break: one point more tells a changed event from a
 * changed link. The head is read before the end of the log, so that it never lies ahead of it while the shop goes on.
 */
export async function verifyChain(options: VerifyOptions): Promise<Walked | undefined> {
  const { store, links, signal, after = 0, onPage } = options;
  const head = await links.head();
  const upTo = options.upTo === undefined ? await store.head() : options.upTo;
  const start = after === 0 || !head ? undefined : await links.before(after);
  const walk = startWalk(marksOf(options, head), start);
  const coming = linksUpTo(links, start?.events ?? 0, head?.events ?? 0);
  let next = (await coming.next()).value;
  const pages = upTo === null ? [] : scanTexts(store, { after: start?.position ?? null, upTo, signal });
  for await (const page of pages) {
    for (const event of page) {
      walk.add(event);
      if (next?.events === walk.events()) {
        walk.meet(next);
        next = (await coming.next()).value;
      }
      walk.pass();
    }
    if (walk.decided()) break;
    await onPage?.(page, walk.events());
  }
  return signal.aborted ? undefined : walk.end(signatureProblem(options, head));
}

function marksOf({ heads }: VerifyOptions, head: ChainPoint | undefined): readonly Mark[] {
  const outside = heads.map(({ from, head: { events, hash } }) => ({ from, events, hash, outside: true }));
  const own = head ? [{ from: 'the head', events: head.events, hash: head.hash, outside: false }] : [];
  return [...own, ...outside].sort((a, b) => a.events - b.events);
}

function signatureProblem({ signer, heads }: VerifyOptions, head: Head | undefined): string | undefined {
  const named = heads.find(({ head }) => 'signature' in head && !signer.isOurs(head));
  if (named) return `${named.from} is not signed with this shop's master key`;
  if (!head || head.events === 0) return undefined;
  const { signed, events, hash } = head;
  if (signed && signed.events === events && signed.hash === hash && signer.isOurs(signed)) return undefined;
  return "the head in the database is not signed with this shop's master key";
}

async function* linksUpTo(links: Links, from: number, upTo: number): AsyncGenerator<Link, undefined> {
  for (let after = from; after < upTo; ) {
    const some = await links.after(after, LINKS_AT_ONCE);
    for (const link of some) {
      if (link.events > upTo) return undefined;
      yield link;
    }
    after = some.at(-1)?.events ?? upTo;
  }
  return undefined;
}
