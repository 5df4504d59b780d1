/** Writers that never give up, and what must be true of a log they wrote to, whatever happened to it meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '../../platform/ids.ts';
import { expectedOf } from '../exact-revision.ts';
import {
  type EventStore,
  LogUnavailable,
  type NewEvent,
  OutcomeUnknown,
  type StoredEvent,
  WrongExpectedRevision,
} from '../port.ts';
import { testEvents } from '../testing-events.ts';

/** What a writer is about to do, what was done, and what should never happen. */
export type WriterLine =
  | { readonly kind: 'intent'; readonly stream: string; readonly expected: number; readonly ids: readonly string[] }
  | Acknowledged
  | { readonly kind: 'refused' }
  | { readonly kind: 'fault'; readonly message: string };

export type Acknowledged = {
  readonly kind: 'done';
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly ids: readonly string[];
};

export const HOT_STREAMS = ['inventory-hot-0', 'inventory-hot-1', 'inventory-hot-2'] as const;

/** Before the same append is sent again. */
const AGAIN_MS = 20;

type Writing = {
  readonly store: EventStore;
  /** Of several, which one this is. */
  readonly loop: number;
  readonly say: (line: WriterLine) => void;
  readonly stopped: () => boolean;
};

/** In turn: a stream that all write to, a stream made new, and one of its own. Ends with nothing under way. */
export async function writeUntilStopped({ loop, stopped, ...to }: Writing): Promise<void> {
  const own = `cart-${newId()}`;
  for (let revision = -1, turn = loop; !stopped(); turn += 1) {
    if (turn % 3 === 0) await appendHot(to, HOT_STREAMS[Math.floor(turn / 3) % HOT_STREAMS.length] ?? HOT_STREAMS[0]);
    else if (turn % 3 === 1) await appendOwn(to, `cart-${newId()}`, -1);
    else revision = await appendOwn(to, own, revision);
  }
}

type To = Pick<Writing, 'store' | 'say'>;

/** Nobody else writes to this stream: a conflict would be a false one. */
async function appendOwn(to: To, stream: string, expected: number): Promise<number> {
  const events = testEvents(1 + (Math.max(expected, 0) % 3));
  const ids = idsOf(events);
  to.say({ kind: 'intent', stream, expected, ids });
  try {
    return await append(to, stream, { events, expected });
  } catch (error) {
    to.say({ kind: 'fault', message: `own stream ${stream} after ${expected}: ${String(error)}` });
    throw error;
  }
}

/** Many write to this stream: a conflict is read up and decided again. */
async function appendHot(to: To, stream: string): Promise<void> {
  for (;;) {
    try {
      const [last] = await to.store.read(stream, { backwards: true, limit: 1 });
      await append(to, stream, { events: testEvents(2), expected: last?.revision ?? -1 });
      return;
    } catch (error) {
      if (error instanceof LogUnavailable) await again(to);
      else if (!(error instanceof WrongExpectedRevision)) throw error;
    }
  }
}

type Attempt = { readonly events: readonly NewEvent[]; readonly expected: number };

/** The identical append again for as long as it is not known. */
async function append(to: To, stream: string, { events, expected }: Attempt): Promise<number> {
  for (;;) {
    try {
      const { revision, position } = await to.store.append(stream, events, expectedOf(expected));
      to.say({ kind: 'done', stream, revision, position, ids: idsOf(events) });
      return revision;
    } catch (error) {
      if (!(error instanceof OutcomeUnknown || error instanceof LogUnavailable)) throw error;
      await again(to);
    }
  }
}

async function again({ say }: To): Promise<void> {
  say({ kind: 'refused' });
  await sleep(AGAIN_MS);
}

function idsOf(events: readonly NewEvent[]): readonly string[] {
  return events.map((event) => event.id);
}

export async function readWholeLog(store: EventStore): Promise<readonly StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let page = await store.readAll({ after: null }); ; page = await store.readAll({ after: page.next })) {
    events.push(...page.events);
    if (page.end) return events;
  }
}

/** Every event once, positions rising, the revisions of each stream without a gap, and all that was acknowledged where it was said to be. */
export function faultsOf(events: readonly StoredEvent[], done: readonly Acknowledged[]): string[] {
  const faults: string[] = [];
  const byId = new Map<string, StoredEvent>();
  const revisions = new Map<string, number>();
  let last = '';
  for (const event of events) {
    const place = `${event.stream}@${event.revision}`;
    if (byId.has(event.id)) faults.push(`event ${event.id} stands twice, the second time at ${place}`);
    if (event.revision !== (revisions.get(event.stream) ?? -1) + 1) faults.push(`${place} is out of order`);
    if (event.position <= last) faults.push(`${place} at ${event.position} follows ${last}`);
    byId.set(event.id, event);
    revisions.set(event.stream, event.revision);
    last = event.position;
  }
  for (const { stream, revision, position, ids } of done) {
    const stored = ids.map((id) => byId.get(id));
    const whole = stored.every(
      (event, at) => event?.stream === stream && event.revision === revision - ids.length + 1 + at,
    );
    if (!whole || stored.at(-1)?.position !== position)
      faults.push(`${stream}@${revision} was acknowledged and is not there`);
  }
  return faults;
}
