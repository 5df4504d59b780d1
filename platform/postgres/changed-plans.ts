/** Prepared statements that outlive a change of what they select from. */
import type pg from 'pg';
import { errorCode } from '../process/error-code.ts';

/** More than once is possible only where it changes again in the same moment. */
const ATTEMPTS = 5;

type Query = (...asked: readonly unknown[]) => unknown;

/**
 * Where a view gets other columns, each connection that prepared `select *` on it refuses that statement for good (SQLSTATE
 * 0A000, "cached plan must not change result type"). The pool then asks once more, and from then on, under another name.
 */
export function outliveChangedPlans(pool: pg.Pool): void {
  const query = pool.query.bind(pool) as Query;
  const changes = new Map<string, number>();
  const ask = async (config: pg.QueryConfig & { readonly name: string }) => {
    for (let attempt = 1; ; attempt += 1) {
      const changed = changes.get(config.name) ?? 0;
      try {
        return await query(changed === 0 ? config : { ...config, name: `${config.name}~${changed}` });
      } catch (error) {
        if (!isChangedPlan(error) || attempt === ATTEMPTS) throw error;
        // Others who met the old one at the same time find the name changed already.
        if ((changes.get(config.name) ?? 0) === changed) changes.set(config.name, changed + 1);
      }
    }
  };
  pool.query = ((...asked: readonly unknown[]) => {
    const [config] = asked;
    return asked.length === 1 && isNamed(config) ? ask(config) : query(...asked);
  }) as typeof pool.query;
}

function isNamed(config: unknown): config is pg.QueryConfig & { readonly name: string } {
  return typeof config === 'object' && config !== null && 'name' in config && typeof config.name === 'string';
}

/** The code alone says no more than that something is not supported. */
function isChangedPlan(error: unknown): boolean {
  return errorCode(error) === '0A000' && (error as { routine?: unknown }).routine === 'RevalidateCachedQuery';
}
