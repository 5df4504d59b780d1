/** Why Redis cannot be used, in words that say what to do. */

/** Nobody answers at the address, or not as Redis does. */
export class RedisUnavailable extends Error {
  constructor(why: string, cause?: unknown) {
    super(why, { cause });
    this.name = 'RedisUnavailable';
  }
}

/** It answers, and is set up so that it would lose what is kept in it. */
export class RedisUnfit extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'RedisUnfit';
  }
}
