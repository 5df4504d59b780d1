/** What a Redis server must be, and must let us do, before anything is kept in it. */
import type { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';
import { errorMessage } from '../process/error-code.ts';
import { RedisUnfit } from './errors.ts';

/**
 * Throws `RedisUnfit` for a replica, and for a server that throws keys away when its memory is full: counters of rate
 * limits would go with them. INFO tells the policy also where CONFIG is forbidden, as by those who host it for others.
 */
export async function checkMaster(master: Redis, logger: Logger): Promise<void> {
  const address = `${master.options.host}:${master.options.port}`;
  const info = fieldsOf(`${await master.info('replication')}\r\n${await master.info('memory')}`);
  if (info.get('role') !== 'master') {
    throw new RedisUnfit(
      `Redis at ${address} is a ${info.get('role') ?? 'server of an unknown role'}: name its master`,
    );
  }
  if (!info.has('master_replid')) {
    throw new RedisUnfit(`Redis at ${address} tells no replication id (INFO replication): use Redis 5 or newer`);
  }
  const policy = info.get('maxmemory_policy');
  if (policy === undefined) {
    logger.warn({ redis: address }, 'Redis does not tell its maxmemory-policy: see to it that it is noeviction');
  } else if (policy !== 'noeviction') {
    throw new RedisUnfit(
      `Redis at ${address} throws keys away when its memory is full (maxmemory-policy ${policy}): ` +
        'set "maxmemory-policy noeviction" in its configuration',
    );
  }
}

// Of what is asked of Redis, something of each kind, on a key that is not there: nothing is written, nor refused for want
// of memory.
const RIGHTS = `
redis.call('time')
redis.call('hmget', KEYS[1], 'a')
redis.call('pexpire', KEYS[1], 1)
return redis.call('del', KEYS[1])`;

/** Throws `RedisUnfit` where the account may not do what will be asked of it. */
export async function checkRights(client: Pick<Redis, 'eval'>, address: string): Promise<void> {
  try {
    await client.eval(RIGHTS, 1, 'souk:rights');
  } catch (error) {
    const why = errorMessage(error);
    if (!/NOPERM|can't run this command/.test(why)) throw error;
    throw new RedisUnfit(
      `Redis at ${address} does not let this account do what it must (${why}): give it "~souk:* +@all", at least ` +
        '"~souk:* +@read +@write +@scripting +@connection +info +time"',
    );
  }
}

function fieldsOf(info: string): Map<string, string> {
  const fields = info.split('\r\n').map((line) => line.split(':'));
  return new Map(fields.map(([name = '', ...value]) => [name, value.join(':')]));
}
