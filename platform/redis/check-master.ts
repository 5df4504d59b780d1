/** What a Redis server must be before anything is kept in it. */
import type { Redis } from 'ioredis';
import type { Logger } from '../logging/logger.ts';
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

function fieldsOf(info: string): Map<string, string> {
  const fields = info.split('\r\n').map((line) => line.split(':'));
  return new Map(fields.map(([name = '', ...value]) => [name, value.join(':')]));
}
