/** Clocks on walls: what they show at an instant, anywhere, and when they first show something. Rules come from ICU. */

const DAY = 86_400_000;

/**
 * Clocks of one time zone, for one question: what was looked up is kept. Instants are milliseconds since 1970 in UTC;
 * so is what a clock shows, read as if it were UTC.
 */
export type LocalTime = {
  /** How far the clocks are ahead of UTC. */
  offsetAt(instant: number): number;
  /** What they show. */
  shownAt(instant: number): number;
  /** The first instant at which they show this; where they leap over it, the instant of the leap. */
  firstShown(shown: number): number;
  /** The first instant after `after`, up to `until`, with another offset than at `after`. */
  changeIn(after: number, until: number): number;
};

/** Whether a name is one of the IANA time zone database. */
export function isTimeZone(name: string): boolean {
  // Without a slash only these: abbreviations such as EST mean one thing here and another there.
  if (!/^([A-Za-z_]+(\/[A-Za-z0-9_+-]+){1,2}|UTC|GMT)$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Throws a RangeError for what is no time zone. */
export function localTime(timeZone: string): LocalTime {
  const numeric = 'numeric' as const;
  const date = { year: numeric, month: numeric, day: numeric } as const;
  const time = { hour: numeric, minute: numeric, second: numeric, hourCycle: 'h23' } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone, ...date, ...time });
  const read = (instant: number): number => {
    const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = (
      format.format(instant).match(/\d+/g) ?? []
    ).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1_000) * 1_000;
  };
  // Neighbouring days ask for the same instants, and asking the calendar is what costs.
  const known = new Map<number, number>();
  const offsetAt = (instant: number): number => {
    const offset = known.get(instant) ?? read(instant);
    known.set(instant, offset);
    return offset;
  };
  const changeIn = (after: number, until: number): number => {
    const before = offsetAt(after);
    let [low, high] = [after, until];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    return high;
  };
  return {
    offsetAt,
    changeIn,
    shownAt: (instant) => instant + offsetAt(instant),
    firstShown(shown) {
      // No zone is more than a day from UTC, and a change of the clock lies between these or nowhere near.
      const [early, late] = [shown - DAY, shown + DAY];
      const possible = [offsetAt(early), offsetAt(late)].map((offset) => shown - offset).sort((a, b) => a - b);
      if (possible[0] === possible[1]) return possible[0] as number;
      return possible.find((instant) => instant + offsetAt(instant) === shown) ?? changeIn(early, late);
    },
  };
}
