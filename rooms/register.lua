-- Gives messages their places; all of a batch in one step. Follows generation.lua.
-- ARGV: 1 history size, 2 bytes, 3 age in ms, 4 most rooms, 5 random for new epochs,
--       6 the bridge's fence or '', 7 its marker, 8 messages since the marker, 9 and 10 the same of the place that
--       the batch follows (10 is -1: any place), then eight for each message:
--       digest, name, head, tail, payload, flags, idempotency key, digest of the body.
-- Answers {'lost'} when the fence is old, {'moved'} when the register is at another place (a batch that was given
-- up arrived after all, before or after this one), else a row for each message: {epoch, offset, at, 'new'|'again'|'unkept'}
-- or {'conflict'}.

local size, most_bytes, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local most_rooms, random, fence = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local FIRST, WIDTH = 11, 8
local META_MS, UNKEPT_MS, IDEMPOTENCY_MS = math.max(30 * 86400000, ttl), 600000, 86400000
local index, bridge = prefix .. 'index', prefix .. 'bridge'

local function has_room()
  if redis.call('ZCARD', index) < most_rooms then return true end
  return redis.call('ZREMRANGEBYSCORE', index, '-inf', whole(now - META_MS)) > 0
end

-- Drops what is too much, too big or too old, oldest first; answers bytes left and the oldest one's time.
local function trim(stream, length, bytes, oldest, limit)
  local cut, step = nil, 2
  local function is_over()
    return length > 1 and (length > limit or bytes > most_bytes or oldest < now - ttl)
  end
  while is_over() do
    local from = cut and whole(cut + 1) or '-'
    local entries = redis.call('XRANGE', stream, from, '+', 'COUNT', step)
    for _, entry in ipairs(entries) do
      oldest = tonumber(entry[2][4])
      if not is_over() then break end
      length, bytes, cut = length - 1, bytes - #entry[2][6], tonumber(string.match(entry[1], '^%d+'))
    end
    if #entries < 2 then break end
    step = 64
  end
  if cut then redis.call('XTRIM', stream, 'MINID', whole(cut + 1)) end
  return bytes, oldest
end

local function learn(interval, since, count)
  if count < 2 then return 0 end
  if count == 2 then return since end
  -- One long silence must not teach that silence is usual.
  return interval + (math.min(since, math.max(10 * interval, 60000)) - interval) / 8
end

local function keep_alive(meta, stream, ends, life)
  if ends then
    redis.call('PEXPIREAT', meta, ends)
    redis.call('PEXPIREAT', stream, ends)
  else
    redis.call('PEXPIRE', meta, life)
    redis.call('PEXPIRE', stream, ttl)
  end
end

local function store(stream, is_new, offset, tail, limit, bytes, oldest)
  -- A stream without its room belongs to an epoch that is gone.
  if is_new then redis.call('DEL', stream) end
  redis.call('XADD', stream, whole(offset) .. '-0', 'g', generation, 't', whole(now), 'd', tail)
  local length = redis.call('XLEN', stream)
  if length == 1 then return #tail, now end
  return trim(stream, length, bytes + #tail, oldest, limit)
end

local function register(digest, name, head, tail, payload, flags, idempotency, body)
  local used = prefix .. 'i:' .. digest .. ':' .. idempotency
  if idempotency ~= '' then
    local before = redis.call('HMGET', used, 'body', 'epoch', 'offset', 'at')
    if before[1] then
      if before[1] ~= body then return {'conflict'} end
      return {before[2], before[3], before[4], 'again'}
    end
  end
  local meta, stream = prefix .. 'm:' .. digest, prefix .. 'h:' .. digest
  local known = redis.call('HMGET', meta, 'random', 'offset', 'at', 'rate', 'interval', 'bytes', 'oldest',
                           'kept', 'ends', 'size', 'count', 'born')
  local own = known[1] or random
  local offset, count = (tonumber(known[2]) or 0) + 1, (tonumber(known[11]) or 0) + 1
  local since = now - (tonumber(known[3]) or now)
  local is_listed = string.find(flags, 'l', 1, true)
  local kept = known[8] == '1' or not is_listed or has_room()
  local bytes, oldest = 0, now
  if kept then
    bytes, oldest = store(stream, not known[1], offset, tail, tonumber(known[10]) or size,
                          tonumber(known[6]) or 0, tonumber(known[7]) or now)
    if is_listed then redis.call('ZADD', index, now, name) end
  else
    redis.call('INCR', prefix .. 'unkept')
  end
  redis.call('HSET', meta, 'name', name, 'random', own, 'offset', whole(offset), 'at', whole(now),
             'rate', (tonumber(known[4]) or 0) * math.exp(-since / 60000) + 1,
             'interval', learn(tonumber(known[5]) or 0, since, count), 'bytes', whole(bytes),
             'oldest', whole(oldest), 'kept', kept and '1' or '0', 'count', whole(count),
             'born', known[12] or whole(now), 'payload', payload, 'flags', flags)
  keep_alive(meta, stream, known[9], kept and META_MS or UNKEPT_MS)
  local epoch = own .. '.' .. generation
  if idempotency ~= '' then
    redis.call('HSET', used, 'body', body, 'epoch', epoch, 'offset', whole(offset), 'at', whole(now))
    redis.call('PEXPIRE', used, IDEMPOTENCY_MS)
  end
  redis.call('PUBLISH', channels .. 'room:' .. digest,
             head .. epoch .. '","offset":' .. whole(offset) .. ',"at":' .. whole(now) .. tail)
  if string.find(flags, 'c', 1, true) then
    -- Bridges hear both next to each other and leave out the second.
    redis.call('PUBLISH', channels .. 'bridge.skip', name)
    redis.call('PUBLISH', name, payload)
  end
  return {epoch, whole(offset), whole(now), kept and 'new' or 'unkept'}
end

if fence ~= '' then
  local known = redis.call('HMGET', bridge, 'fence', 'mark', 'count')
  if known[1] ~= fence then return {'lost'} end
  if ARGV[10] ~= '-1' and ((known[2] or '') ~= ARGV[9] or (known[3] or '0') ~= ARGV[10]) then return {'moved'} end
end
local answers = {}
for i = FIRST, #ARGV, WIDTH do answers[#answers + 1] = register(unpack(ARGV, i, i + WIDTH - 1)) end
if fence ~= '' then
  redis.call('HSET', bridge, 'mark', ARGV[7], 'count', ARGV[8], 'at', whole(now))
end
return answers
