/** Filters of the whole log, by the wire's words for them. */
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { LogRecord } from './log-record.ts';

export type Filter = {
  accepts(record: LogRecord): boolean;
  /** Events that one page of a search looks at. */
  readonly window: number;
  /** Events after which a subscription is told how far the search has come. */
  readonly checkpointInterval: number;
};

export const PAGE = 32;

/** @throws Error for a pattern that is none */
export function readFilter(options: streamsPb.ReadReq.Options.FilterOptions): Filter {
  const byStream = options.hasStreamIdentifier();
  const expression = options.getStreamIdentifier() ?? options.getEventType();
  const prefixes = expression?.getPrefixList() ?? [];
  const pattern = new RegExp(expression?.getRegex() ?? '');
  const window = options.hasMax() ? options.getMax() : PAGE;
  const multiplier = options.getCheckpointintervalmultiplier();
  const matches = (text: string) =>
    prefixes.length > 0 ? prefixes.some((prefix) => text.startsWith(prefix)) : pattern.test(text);
  return {
    accepts: (record) => record.bytes !== null && matches(byStream ? record.stream : record.type),
    window,
    checkpointInterval: multiplier * window,
  };
}
