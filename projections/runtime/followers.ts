/** Follows the log for lanes in several groups, each by itself: what holds one up holds up no other. */
import { type BuildContext, buildLanes } from './build/build.ts';
import type { FillOptions } from './build/fill.ts';
import { type FollowContext, followLog } from './follow.ts';
import type { Lane } from './lanes.ts';

/**
 * `live`: what is read; `beside`: level with the log too, but not read, and not to be held up while a swap holds up what
 * is; `far`: behind by so much that nobody should wait for it.
 */
export type Group = 'live' | 'beside' | 'far';

export type Followers = {
  /** From now on follows these lanes in their groups, and no others; returns when what is left was finished. */
  follow(lanes: ReadonlyMap<Lane, Group>): Promise<void>;
  stop(): Promise<void>;
};

export type FollowersOptions = {
  readonly contextOf: (
    group: Group,
    lanes: readonly Lane[],
  ) => Omit<FollowContext, 'lanes'> & BuildContext & Pick<FillOptions, 'sizes'>;
  /** Told when following ended by itself; the lanes are not followed any more. */
  readonly onEnd: (lanes: readonly Lane[], error: unknown) => void;
};

type Follower = { readonly lanes: readonly Lane[]; readonly stop: () => Promise<void> };

const GROUPS: readonly Group[] = ['live', 'beside', 'far'];

export function createFollowers({ contextOf, onEnd }: FollowersOptions): Followers {
  const running = new Map<Group, Follower>();

  function start(group: Group, lanes: readonly Lane[]): void {
    const stopping = new AbortController();
    const done = run(group, lanes, stopping.signal).catch((error) => {
      if (running.get(group) === follower) running.delete(group);
      onEnd(lanes, error);
    });
    const follower: Follower = {
      lanes,
      async stop() {
        stopping.abort();
        await done;
      },
    };
    running.set(group, follower);
  }

  async function run(group: Group, lanes: readonly Lane[], signal: AbortSignal): Promise<void> {
    const context = contextOf(group, lanes);
    if (group === 'far') {
      const head = await context.log.head();
      await buildLanes(context, lanes, { upTo: () => head, sizes: context.sizes, signal });
    }
    if (!signal.aborted) await followLog({ ...context, lanes }, signal);
  }

  async function stopGroup(group: Group): Promise<void> {
    const follower = running.get(group);
    running.delete(group);
    await follower?.stop();
  }

  return {
    async follow(lanes) {
      const wanted = GROUPS.map((group) => ({
        group,
        lanes: [...lanes.keys()].filter((lane) => lanes.get(lane) === group),
      }));
      const changed = wanted.filter((each) => !isSame(running.get(each.group)?.lanes ?? [], each.lanes));
      // All are stopped before one starts: a lane that changes its group is never followed twice.
      await Promise.all(changed.map(({ group }) => stopGroup(group)));
      for (const { group, lanes } of changed) if (lanes.length > 0) start(group, lanes);
    },
    stop: async () => void (await Promise.all(GROUPS.map(stopGroup))),
  };
}

function isSame(a: readonly Lane[], b: readonly Lane[]): boolean {
  return a.length === b.length && a.every((lane) => b.includes(lane));
}
