/** What the runtime counts; the metrics and the bench read it. */

export type RuntimeCounts = {
  /** Commands that were answered or failed. */
  commands: number;
  /** Appends that were written, and their events. */
  appends: number;
  events: number;
  /** Appends refused because the stream had moved. */
  conflicts: number;
  /** Identical appends sent again after an unknown outcome. */
  resends: number;
  /** Streams read whole; reads of what is newer; searches for an old command. */
  loads: number;
  tailReads: number;
  searches: number;
  /** Commands that had taken effect before, and refusals. */
  repeats: number;
  refusals: number;
};

export type RuntimeStats = Readonly<RuntimeCounts> & {
  /** Streams in the cache. */
  readonly cached: number;
  /** Commands that wait or run. */
  readonly waiting: number;
};

/** All zero. */
export function newCounts(): RuntimeCounts {
  return {
    commands: 0,
    appends: 0,
    events: 0,
    conflicts: 0,
    resends: 0,
    loads: 0,
    tailReads: 0,
    searches: 0,
    repeats: 0,
    refusals: 0,
  };
}
