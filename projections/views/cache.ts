/** Views of one kind in Redis, one key each. */
import type { RedisConnection } from '../../platform/redis/connection.ts';
import { OPEN, PEEK, PUT } from './scripts.ts';
import type { View, ViewDefinition } from './view.ts';

export type ViewCache = {
  /** The view; `leased`: there is none, and `put` with this token may make it; `busy`: another is making it. */
  open(id: string, token: string): Promise<View | 'leased' | 'busy'>;
  /** The view, if there is one; whoever is making it from the log is kept from putting it. */
  peek(id: string): Promise<View | undefined>;
  /** Over an older view, or where the token holds the lease; otherwise nothing happens. */
  put(id: string, view: View, token?: string): Promise<void>;
  /** The next read makes it from the log. */
  forget(id: string): Promise<void>;
};

/** A reader that has not put its view by then has died; others then make it. */
const LEASE_MS = 5_000;

/** `prefix` names the log. */
export function createViewCache(redis: RedisConnection, prefix: string, definition: ViewDefinition): ViewCache {
  const { name, version } = definition.projection;
  // Of a cluster's slots the id decides: the views of a kind are spread over all of them.
  const keyOf = (id: string) => `${prefix}:${name}-${version}:{${id}}`;
  const [open, peek, put] = [OPEN, PEEK, PUT].map((lua) => redis.script(lua)) as [Call, Call, Call];
  return {
    async open(id, token) {
      const found = await open(keyOf(id), token, LEASE_MS);
      if (found === 'leased') return found;
      return parsed(found) ?? 'busy';
    },
    peek: async (id) => parsed(await peek(keyOf(id))),
    async put(id, view, token = '') {
      await put(keyOf(id), token, view.revision, JSON.stringify(view), definition.keepMs(view.row));
    },
    async forget(id) {
      await redis.client.del(keyOf(id));
    },
  };
}

type Call = ReturnType<RedisConnection['script']>;

function parsed(found: unknown): View | undefined {
  return typeof found === 'string' ? (JSON.parse(found) as View) : undefined;
}
