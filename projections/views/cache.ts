/** Views of one kind in Redis, one key each. */
import type { RedisConnection } from '../../platform/redis/connection.ts';
import type { Row } from '../runtime/types.ts';
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
  const forget = async (id: string) => {
    await redis.client.del(keyOf(id));
  };
  const viewIn = async (found: unknown, id: string) => {
    if (typeof found !== 'string') return undefined;
    const view = parsed(found);
    if (isView(view, definition, id)) return view;
    await forget(id);
    return undefined;
  };
  return {
    async open(id, token) {
      const found = await open(keyOf(id), token, LEASE_MS);
      if (found === 'leased') return found;
      return (await viewIn(found, id)) ?? 'busy';
    },
    peek: async (id) => viewIn(await peek(keyOf(id)), id),
    async put(id, view, token = '') {
      await put(keyOf(id), token, view.revision, JSON.stringify(view), definition.keepMs(view.row));
    },
    forget,
  };
}

type Call = ReturnType<RedisConnection['script']>;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not ours: as good as nothing.
  }
}

/** Redis may be shared, by mistake or by faults: what is no view of this id must not be shown, nor be stumbled over. */
function isView(found: unknown, { projection }: ViewDefinition, id: string): found is View {
  if (typeof found !== 'object' || found === null) return false;
  const { revision, position, row } = found as Partial<View>;
  if (!Number.isInteger(revision) || (position !== null && typeof position !== 'string')) return false;
  if (row === null) return true;
  if (typeof row !== 'object' || (row as Row)[projection.keyColumn] !== id) return false;
  return Object.keys(projection.columns).every((column) => column in row);
}
