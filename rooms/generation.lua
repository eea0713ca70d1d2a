-- Shared by every script of rooms: the time, and the generation of this run of Redis.
-- KEYS[1] is what every key of the deployment begins with, KEYS[2] what every internal channel begins with.

local prefix, channels = KEYS[1], KEYS[2]

local function whole(number)
  return string.format('%.0f', number)
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Redis is asked for its run in this very step: what a caller learned earlier may be a run that is over. A
-- generation is a time, never a count: a count could be given twice when Redis comes back without its last second.
local function current_generation()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local key = prefix .. 'gen'
  local known = redis.call('HMGET', key, 'run', 'g')
  if known[1] == run then return known[2] end
  local proven = redis.call('HGET', prefix .. 'bridge', 'at') or '0'
  local fresh = known[1] and '0' or '1'
  local generation = whole(math.max(now, (tonumber(known[2]) or 0) + 1))
  redis.call('HSET', key, 'run', run, 'g', generation, 'at', whole(now),
             'heard', '0', 'fresh', fresh, 'proven', proven)
  return generation
end

local generation = current_generation()
