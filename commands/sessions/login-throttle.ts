/** Counts failed logins per e-mail address, so that passwords cannot be guessed one after the other. */
import type { Database } from '../../platform/postgres/database.ts';

export const LOGIN_FAILURES = { allowed: 10, windowSeconds: 15 * 60 } as const;

export type LoginThrottle = {
  /**
   * Books one attempt as failed before the password is looked at; seconds to wait where there were too many, else
   * undefined. `addressKey` is a keyed hash: no address lies here in plain.
   */
  attempt(addressKey: string): Promise<number | undefined>;
  /** The password was right: the failures are forgotten. */
  succeed(addressKey: string): Promise<void>;
};

// The row's lock puts attempts that come together one after the other: counted first and booked later, a burst of
// a hundred guesses would pass as one.
const ATTEMPT = `
  insert into auth_login_failures as f (address_key, failed_at, refused) values ($1, array[now()], false)
  on conflict (address_key) do update set (last_at, failed_at, refused) = (
    select now(),
           case when count(*) >= $2 then array_agg(t order by t)
                else coalesce(array_agg(t order by t), '{}') || now() end,
           count(*) >= $2
    from unnest(f.failed_at) t where t > now() - make_interval(secs => $3)
  )
  returning refused, ceil(extract(epoch from failed_at[1] + make_interval(secs => $3) - now()))::int as wait`;

// Addresses that were tried and left alone: a few go with each attempt, so that no loop has to sweep.
const SWEEP = `
  delete from auth_login_failures where address_key in (
    select address_key from auth_login_failures
    where last_at < now() - make_interval(secs => $1) order by last_at limit 10 for update skip locked)`;

const SUCCEED = 'delete from auth_login_failures where address_key = $1';

export function createLoginThrottle({ pool }: Database): LoginThrottle {
  return {
    async attempt(addressKey) {
      await pool.query(SWEEP, [LOGIN_FAILURES.windowSeconds]);
      const { rows } = await pool.query<{ refused: boolean; wait: number }>(ATTEMPT, [
        addressKey,
        LOGIN_FAILURES.allowed,
        LOGIN_FAILURES.windowSeconds,
      ]);
      const row = rows[0];
      return row?.refused ? Math.max(1, row.wait) : undefined;
    },
    async succeed(addressKey) {
      await pool.query(SUCCEED, [addressKey]);
    },
  };
}
