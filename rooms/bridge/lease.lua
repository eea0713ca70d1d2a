-- Who leads. Follows generation.lua, so that the first word after a restart of Redis counts it.
-- KEYS[3] is the lease. ARGV: 1 verb, 2 who asks, 3 life in ms, and for 'tell': 4 fence, 5 since, 6 until,
-- 7 pattern, 8 settle ms, 9 history ms.

local ALIVE_MS = 3000
local verb, who, life = ARGV[1], ARGV[2], ARGV[3]
local lease, bridge = KEYS[3], prefix .. 'bridge'

-- Every bridge that asks is alive; the answer counts the others.
local function place()
  local all = prefix .. 'bridges'
  redis.call('ZADD', all, whole(now), who)
  redis.call('ZREMRANGEBYSCORE', all, '-inf', whole(now - ALIVE_MS))
  local others = redis.call('ZCARD', all) - 1
  local known = redis.call('HMGET', bridge, 'fence', 'mark', 'count', 'at')
  local is_settled = redis.call('HGET', prefix .. 'gen', 'heard') ~= '0' and '1' or '0'
  return {known[1] or '0', known[2] or '', known[3] or '0', known[4] or '0', whole(now), whole(others), is_settled}
end

-- What no bridge heard: kept for who reads later, told to who listens. A restart of Redis that was told as a new
-- epoch a moment ago is the same fault, and is not told twice.
local function tell()
  if redis.call('HGET', bridge, 'fence') ~= ARGV[4] then return 'lost' end
  local since, till, pattern, settle, kept = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
  local run = redis.call('HMGET', prefix .. 'gen', 'heard', 'at')
  local is_same_fault = run[1] == '0' and now - tonumber(run[2]) <= settle
  if run[1] == '0' then redis.call('HSET', prefix .. 'gen', 'heard', whole(now)) end
  if till <= since then return 'nothing' end
  if is_same_fault then return 'epoch' end
  local record = '{"pattern":' .. pattern .. ',"since_ms":' .. whole(since) .. ',"until_ms":' .. whole(till) .. '}'
  redis.call('ZADD', prefix .. 'unheard', till, record)
  redis.call('ZREMRANGEBYSCORE', prefix .. 'unheard', '-inf', now - kept)
  redis.call('ZREMRANGEBYRANK', prefix .. 'unheard', 0, -1001)
  redis.call('PUBLISH', channels .. 'gaps', record)
  return 'told'
end

if verb == 'tell' then return tell() end
local holder = redis.call('GET', lease)
if verb == 'look' and not holder then return {'free', unpack(place())} end
if verb == 'look' and holder ~= who then return {'held', unpack(place())} end
if verb == 'leave' then
  if holder == who then redis.call('DEL', lease) end
  local last = place()
  redis.call('ZREM', prefix .. 'bridges', who)
  return {'free', unpack(last)}
end
if verb == 'take' then
  if holder and holder ~= who then return {'held', unpack(place())} end
  redis.call('SET', lease, who, 'PX', life)
  -- A time, never a count: counted anew after lost keys, it could be the fence of a leader that still believes.
  redis.call('HSET', bridge, 'fence', whole(math.max(now, (tonumber(redis.call('HGET', bridge, 'fence')) or 0) + 1)))
  return {'taken', unpack(place())}
end
if holder ~= who then return {'lost', unpack(place())} end
if verb == 'renew' then redis.call('PEXPIRE', lease, life) end
return {'mine', unpack(place())}
