/** `souk events stats`: what there is in the history, counted. */
import type { Command } from 'commander';
import { categoryOf } from '../../domain/ids.ts';
import type { Position, StoredText } from '../../event-store/port.ts';
import { formatToken } from '../../event-store/token.ts';
import { type Choosing, choiceOf, choosing, textsFor } from '../history/choice.ts';
import { metadataOf } from '../history/event-text.ts';
import { printObject } from '../output.ts';
import { startProgress } from '../progress.ts';
import { withEngines } from '../with-engines.ts';

type Options = Choosing & { readonly json?: boolean };

export function eventsStatsVerb(events: Command): void {
  choosing(
    events
      .command('stats')
      .argument('[stream]', 'only this stream')
      .description('how many events and streams, by category and type'),
  )
    .option('--json', 'as JSON')
    .action((stream: string | undefined, options: Options) => stats(stream, options));
}

async function stats(stream: string | undefined, { json, ...options }: Options): Promise<void> {
  await withEngines(async ({ store }, interrupted) => {
    const identity = await store.identity();
    const choice = choiceOf(options, identity);
    // Only these are told by metadata, which need not be parsed otherwise.
    const byMetadata = [options.actor, options.since, options.until].some((option) => option !== undefined);
    const counts = createCounts(Object.keys(options).length === 0);
    const progress = startProgress('stats', store.distance(choice.after, await store.head()));
    let done = 0;
    for await (const page of textsFor(store, choice, { stream, signal: interrupted })) {
      for (const event of page) {
        if (byMetadata ? choice.accepts(event, metadataOf(event)) : choice.within(event)) counts.add(event);
      }
      done += page.length;
      progress.reach(done);
    }
    progress.stop();
    // Part of the log would pass for all of it.
    if (interrupted.aborted) return;
    await printObject(
      counts.result((position) => formatToken(identity, position)),
      json === true,
    );
  });
}

/** `whole`: all events of the streams are counted, so that each stream is there with its first. */
function createCounts(whole: boolean) {
  const [byCategory, byType] = [new Map<string, number>(), new Map<string, number>()];
  const streams = new Set<string>();
  let [events, begun] = [0, 0];
  let first: StoredText | undefined;
  let last: StoredText | undefined;
  return {
    add(event: StoredText) {
      first ??= event;
      last = event;
      events += 1;
      // Where streams may be cut off, their names have to be remembered; otherwise nothing grows with their number.
      if (!whole) streams.add(event.stream);
      else if (event.revision === 0) begun += 1;
      bump(byCategory, categoryOf(event.stream));
      bump(byType, event.type);
    },
    result: (show: (position: Position) => string) => ({
      events,
      streams: whole ? begun : streams.size,
      head: last ? show(last.position) : null,
      first: first ? metadataOf(first).recordedAt : null,
      last: last ? metadataOf(last).recordedAt : null,
      byCategory: sorted(byCategory),
      byType: sorted(byType),
    }),
  };
}

function bump(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}
