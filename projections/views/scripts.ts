/**
 * The Lua that guards views in Redis. Each call touches one key, a hash: `history` (below), and either `revision` and
 * `view`, or `lease`: the token of the reader who is making the view from the log.
 */

/**
 * The name Redis gives to the history of its data (its replication id): another one after every start and every promotion
 * of a replica. What was written in another history may be a memory of the past, and counts as not there. Asked inside of
 * the call, because a client would learn of the change too late. What somebody else wrote over a key is not there either.
 */
const HISTORY = `
local info = redis.call('info', 'replication')
if string.match(info, 'role:(%w+)') ~= 'master' then return redis.error_reply('READONLY this is no master') end
local history = string.match(info, 'master_replid:(%w+)')
local function fields(...)
  local found = redis.pcall('hmget', KEYS[1], ...)
  return found.err and {} or found
end
`;

/**
 * The view; or, where there is none, `leased` to the token ARGV[1] for ARGV[2] ms; false while another has the lease. The
 * lease is what keeps an old fold out: who puts a view where there was none has read the log after taking the lease, and
 * an event that comes later takes the lease away.
 */
export const OPEN = `${HISTORY}
local found = fields('history', 'view', 'lease')
if found[1] == history then
  if found[2] then return found[2] end
  if found[3] then return false end
end
redis.call('del', KEYS[1])
redis.call('hset', KEYS[1], 'history', history, 'lease', ARGV[1])
redis.call('pexpire', KEYS[1], ARGV[2])
return 'leased'`;

/** The view; where there is none, false, and a lease is withdrawn. For whoever has an event that comes after it. */
export const PEEK = `${HISTORY}
local found = fields('history', 'view')
if found[1] == history and found[2] then return found[2] end
redis.call('del', KEYS[1])
return false`;

/**
 * Puts the view ARGV[3] of revision ARGV[2] for ARGV[4] ms over an older one, or where ARGV[1] holds the lease; 1 if so.
 * The first write is one that a full server refuses: nothing is half done then.
 */
export const PUT = `${HISTORY}
local found = fields('history', 'revision', 'lease')
if found[1] ~= history then return 0 end
if found[3] and found[3] ~= ARGV[1] then return 0 end
if (tonumber(found[2]) or -1) >= tonumber(ARGV[2]) then return 0 end
redis.call('hset', KEYS[1], 'revision', ARGV[2], 'view', ARGV[3])
redis.call('hdel', KEYS[1], 'lease')
redis.call('pexpire', KEYS[1], ARGV[4])
return 1`;

/** Moves the mark to position ARGV[1] (event ARGV[2], owner ARGV[3]), never back; ARGV[4] is 1 at the end of the log. */
export const MOVE_MARK = `${HISTORY}
local now = redis.call('time')
local found = fields('history', 'position')
if found[1] ~= history then redis.call('del', KEYS[1])
elseif found[2] > ARGV[1] then return 0 end
redis.call('hset', KEYS[1], 'history', history, 'position', ARGV[1], 'event', ARGV[2], 'owner', ARGV[3], 'at', now[1])
if ARGV[4] == '1' then redis.call('hset', KEYS[1], 'caughtUp', now[1] * 1000 + math.floor(now[2] / 1000)) end
return 1`;

/** Position, event, owner, Unix time of the last move, and how many ms ago it was at the end of the log; nil: no mark. */
export const READ_MARK = `${HISTORY}
local now = redis.call('time')
local found = fields('history', 'position', 'event', 'owner', 'at', 'caughtUp')
if found[1] ~= history then return nil end
local caughtUp = tonumber(found[6])
local ago = caughtUp and (now[1] * 1000 + math.floor(now[2] / 1000) - caughtUp) or -1
return { found[2], found[3], found[4], found[5], ago }`;
