/** An aggregate as it was at a moment, and what changed between two: for `GET /admin/streams` and `souk state`. */
import {
  type Change,
  changesBetween,
  type Folded,
  type HistoryEvent,
  isAfter,
  type Moment,
  plainState,
  unfolded,
  withNext,
} from '../domain/history.ts';
import { categoryOf } from '../domain/ids.ts';
import { type OrderStanding, orderStanding } from '../domain/orders/standing.ts';
import { type OrderState, termsOf } from '../domain/orders/state.ts';
import type { PaymentState } from '../domain/payments/state.ts';
import type { EventStore, Position, StoredEvent } from '../event-store/port.ts';

export type Source = {
  readonly log: Pick<EventStore, 'read'>;
  /** Makes a position the token that clients know. */
  readonly format: (position: Position) => string;
};

/** Where the stream stood; nulls: before its first event. */
type Place = { readonly revision: number | null; readonly position: string | null; readonly recordedAt: string | null };

export type StreamThen = Place & {
  /** Of an order: what clients saw of it, which its payment decides with it. */
  readonly standing?: Omit<OrderStanding, 'orderId'>;
  /** Personal fields stay sealed. Null where there is none. */
  readonly state: unknown;
  /** Why there is no state: an event that this version cannot read. */
  readonly unreadable?: string;
};

/** What happened between two moments, the earlier one first whichever was named first. */
export type StreamDiff = {
  readonly from: Omit<StreamThen, 'state'>;
  readonly to: Omit<StreamThen, 'state'>;
  readonly changes: readonly Change[];
  readonly events: readonly {
    readonly position: string;
    readonly revision: number;
    readonly type: string;
    readonly recordedAt: string;
    readonly actor: string;
  }[];
};

/** The stream was not there at that moment, or has no such revision. The message is for people. */
export class NoSuchMoment extends Error {
  constructor(stream: string, moment: Moment) {
    const when = moment === 'end' ? '' : 'at' in moment ? ` at ${moment.at}` : ` at revision ${moment.revision}`;
    super(`There is no stream ${stream}${when}.`);
    this.name = 'NoSuchMoment';
  }
}

const PAGE = 500;

/** The aggregate then. Throws `NoSuchMoment`. */
export async function streamThen(source: Source, stream: string, moment: Moment): Promise<StreamThen> {
  const folded = await foldTo(source.log, stream, pastOf(moment));
  assertThere(stream, moment, folded);
  if (folded.last === undefined) throw new NoSuchMoment(stream, moment);
  return shown(source, stream, { folded, moment });
}

/** What changed between two moments; a time before the stream is its beginning. Throws `NoSuchMoment`. */
export async function streamDiff(
  source: Source,
  stream: string,
  moments: readonly [Moment, Moment],
): Promise<StreamDiff> {
  const ends = await Promise.all(
    moments.map(async (moment) => ({ moment, folded: await foldTo(source.log, stream, pastOf(moment)) })),
  );
  for (const { moment, folded } of ends) assertThere(stream, moment, folded);
  const [first, second] = ends.toSorted(earlierFirst);
  if (first === undefined || second === undefined) throw new NoSuchMoment(stream, 'end');
  const [{ state: before, ...from }, { state: after, ...to }] = await Promise.all([
    shown(source, stream, first),
    shown(source, stream, second),
  ]);
  const events: StreamDiff['events'][number][] = [];
  const between = eventsOf(source.log, stream, revisionOf(first.folded) + 1);
  for await (const { position, revision, type, metadata } of between) {
    if (revision > revisionOf(second.folded)) break;
    const { recordedAt, actor } = metadata;
    events.push({ position: source.format(position), revision, type, recordedAt, actor });
  }
  return { from, to, changes: changesBetween(before, after), events };
}

type End = { readonly moment: Moment; readonly folded: Folded<StoredEvent> };

/** At the same revision of an order its payment may still have gone on. */
function earlierFirst(a: End, b: End): number {
  const revisions = revisionOf(a.folded) - revisionOf(b.folded);
  return revisions !== 0 ? revisions : timeOf(a.moment) < timeOf(b.moment) ? -1 : 1;
}

/** Sorts after every time where it is the end, and before where only a revision is named. */
function timeOf(moment: Moment): string {
  return moment === 'end' ? '~' : 'at' in moment ? moment.at : '';
}

function revisionOf({ last }: Folded<StoredEvent>): number {
  return last?.revision ?? -1;
}

/** A time may lie before the stream; a revision that is named has to be there. */
function assertThere(stream: string, moment: Moment, folded: Folded<StoredEvent>): void {
  const named = moment !== 'end' && 'revision' in moment ? moment.revision : undefined;
  if (named !== undefined && revisionOf(folded) !== named) throw new NoSuchMoment(stream, moment);
}

async function shown(source: Source, stream: string, { folded, moment }: End): Promise<StreamThen> {
  const { last, state, unreadable } = folded;
  const standing = last && (await standingOf(source.log, stream, { folded, moment }));
  return {
    revision: last?.revision ?? null,
    position: last ? source.format(last.position) : null,
    recordedAt: last?.metadata.recordedAt ?? null,
    ...(standing === undefined ? {} : { standing }),
    state: state === undefined ? null : plainState(state),
    ...(unreadable === undefined ? {} : { unreadable }),
  };
}

/** Whether its buyer had something to do is the payment's to say: that is folded to the same moment. */
async function standingOf(
  log: Source['log'],
  stream: string,
  { folded, moment }: End,
): Promise<StreamThen['standing']> {
  if (categoryOf(stream) !== 'order' || folded.state === undefined) return undefined;
  const order = folded.state as OrderState;
  const terms = termsOf(order);
  if (terms === null) return undefined;
  const { orderId, payment } = terms;
  const last = folded.last;
  const isPast =
    moment !== 'end' && 'revision' in moment
      ? ({ position }: StoredEvent) => last !== undefined && position > last.position
      : pastOf(moment);
  const paid = await foldTo(log, `payment-${payment.paymentId}`, isPast);
  if (paid.state === undefined) return undefined;
  const { orderId: _, ...standing } = orderStanding({ orderId, order, payment: paid.state as PaymentState });
  return standing;
}

const pastOf = (moment: Moment) => (event: HistoryEvent) => isAfter(event, moment);

async function foldTo(
  log: Source['log'],
  stream: string,
  isPast: (event: StoredEvent) => boolean,
): Promise<Folded<StoredEvent>> {
  let folded = unfolded<StoredEvent>(stream);
  for await (const event of eventsOf(log, stream, 0)) {
    if (isPast(event)) break;
    folded = withNext(stream, folded, event);
  }
  return folded;
}

async function* eventsOf(log: Source['log'], stream: string, start: number): AsyncGenerator<StoredEvent> {
  for (let from = start; ; from += PAGE) {
    const page = await log.read(stream, { from, limit: PAGE });
    yield* page;
    if (page.length < PAGE) return;
  }
}
