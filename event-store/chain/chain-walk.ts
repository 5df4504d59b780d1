/** A walk over the chain: what it meets on its way either fits or tells in which events the break lies. Pure. */
import type { Position, StoredText } from '../port.ts';
import { type ChainPoint, createChain } from './chain.ts';
import type { Link } from './links.ts';

/** A signed head, or one that was kept elsewhere. */
export type Mark = ChainPoint & {
  /** Where it comes from, in words. */
  readonly from: string;
  /** Kept elsewhere: who rewrote the links could not reach it. */
  readonly outside: boolean;
};

/** What does not hold, and the events it can lie in. */
export type Break = {
  readonly why: string;
  /** Events before the range, and up to its end. */
  readonly after: number;
  readonly upTo: number;
  /** Positions of the first and the last event in it; null where there are none. */
  readonly first: Position | null;
  readonly last: Position | null;
  /** At most twenty of those that have events in it. */
  readonly streams: readonly string[];
};

export type Walked = ChainPoint & {
  readonly last: StoredText | undefined;
  /** Links that held. */
  readonly links: number;
  /** Undefined: everything held. */
  readonly broken: Break | undefined;
};

export type Walk = {
  add(event: StoredText): void;
  events(): number;
  /** The link that should stand after the event that was added last. */
  meet(link: Link): void;
  /** Looks at the marks that should stand there. */
  pass(): void;
  /** A break was found, and what it is. */
  decided(): boolean;
  /** `refused`: what else is wrong, told where every event holds. */
  end(refused: string | undefined): Walked;
};

/** Begins at a point taken for proven; marks in the order of their events. */
export function startWalk(marks: readonly Mark[], start: Link | undefined): Walk {
  const chain = createChain(start);
  const first = chain.events();
  const waiting = marks.filter(({ events }) => events > first);
  // Since the last point of any kind that held, and since the last one that nobody could have rewritten.
  let [since, sinceOutside] = [rangeAfter(first), rangeAfter(first)];
  let last: StoredText | undefined;
  let links = 0;
  let changed: Break | undefined;
  let decided = false;
  const fits = (point: ChainPoint) => chain.point().hash === point.hash;
  const judge = (holds: boolean, why: string, { range = since, sure = false } = {}): void => {
    if (decided) return;
    if (changed) {
      // The chain goes through behind a link that did not fit: it is the link that was changed.
      if (holds) changed = { ...changed, why: `the link after ${changed.upTo} events was changed; the events hold` };
      decided = true;
    } else if (!holds) {
      changed = breakIn(range, chain.events(), why);
      decided = sure;
    } else since = rangeAfter(chain.events());
  };
  return {
    add(event) {
      chain.add(event);
      last = event;
      note(since, event);
      note(sinceOutside, event);
    },
    events: chain.events,
    meet(link) {
      const holds = fits(link) && link.eventId === last?.id && link.position === last.position;
      if (holds && !changed) links += 1;
      judge(holds, `the events up to number ${link.events} are not those that were chained`);
    },
    pass() {
      while (waiting[0]?.events === chain.events()) {
        const mark = waiting.shift() as Mark;
        const range = mark.outside ? sinceOutside : since;
        judge(fits(mark), `${mark.from} names another hash after ${mark.events} events`, { range, sure: true });
        if (mark.outside && fits(mark)) sinceOutside = rangeAfter(chain.events());
      }
    },
    decided: () => decided,
    end(refused) {
      const [ahead] = waiting;
      const short = ahead && `the log ends after ${chain.events()} events, and ${ahead.from} names ${ahead.events}`;
      if (!changed && ahead && short) changed = breakIn(rangeAfter(chain.events()), ahead.events, short);
      if (!changed && refused) changed = breakIn(sinceOutside, chain.events(), refused);
      return { ...chain.point(), last, links, broken: changed };
    },
  };
}

type Range = {
  readonly after: number;
  readonly streams: Set<string>;
  first: Position | null;
  last: Position | null;
};

const STREAMS_TOLD = 20;

function rangeAfter(events: number): Range {
  return { after: events, streams: new Set(), first: null, last: null };
}

function note(range: Range, { stream, position }: StoredText): void {
  range.first ??= position;
  range.last = position;
  if (range.streams.size < STREAMS_TOLD) range.streams.add(stream);
}

function breakIn({ after, first, last, streams }: Range, upTo: number, why: string): Break {
  return { why, after, upTo, first, last, streams: [...streams] };
}
