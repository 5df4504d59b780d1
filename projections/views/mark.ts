/** How far the views in a Redis are kept: beside them, so that it is lost with them, and never speaks of another Redis. */
import type { Position } from '../../event-store/port.ts';
import type { RedisConnection } from '../../platform/redis/connection.ts';
import { MOVE_MARK, READ_MARK } from './scripts.ts';

export type Mark = {
  /** Null: of an empty log. */
  readonly position: Position | null;
  readonly eventId: string | null;
  readonly owner: string;
  readonly movedAt: Date;
  /** How long ago its keeper had seen everything there was; undefined: it never had. */
  readonly caughtUpMsAgo: number | undefined;
};

export type ViewMark = {
  /** Undefined: nobody has kept views in this Redis since it was started or emptied. */
  read(): Promise<Mark | undefined>;
  /** Never back. */
  move(to: Pick<Mark, 'position' | 'eventId' | 'owner'> & { readonly caughtUp: boolean }): Promise<void>;
};

export function createViewMark(redis: RedisConnection, prefix: string): ViewMark {
  const key = `${prefix}:kept`;
  const [move, read] = [redis.script(MOVE_MARK), redis.script(READ_MARK)];
  return {
    async move({ position, eventId, owner, caughtUp }) {
      await move(key, position ?? '', eventId ?? '', owner, caughtUp ? 1 : 0);
    },
    async read() {
      const found = (await read(key)) as [string, string, string, string, number] | null;
      if (found === null) return undefined;
      const [position, eventId, owner, at, ago] = found;
      return {
        position: (position || null) as Position | null,
        eventId: eventId || null,
        owner,
        movedAt: new Date(Number(at) * 1_000),
        caughtUpMsAgo: ago < 0 ? undefined : ago,
      };
    },
  };
}

/** Somebody who keeps them says so about twice a second. */
const FRESH_MS = 2_000;
const ASK_EVERY_MS = 500;

/** Whether views are followed by a keeper who is at the end of the log; remembered for half a second. */
export function createKeptCheck(read: ViewMark['read']): () => Promise<boolean> {
  let asked = Number.NEGATIVE_INFINITY;
  let answer: Promise<boolean> = Promise.resolve(false);
  return () => {
    if (performance.now() - asked >= ASK_EVERY_MS) {
      asked = performance.now();
      answer = read().then((found) => (found?.caughtUpMsAgo ?? FRESH_MS) < FRESH_MS);
    }
    return answer;
  };
}
