-- Gives messages their places; all of a batch in one step. Follows generation.lua.
-- ARGV: 1 history size, 2 bytes, 3 age in ms, 4 most rooms, 5 random for new epochs,
--       6 the bridge's fence or '', 7 its marker, 8 messages since the marker, 9 and 10 the same of the place that
--       the batch follows (10 is -1: any place), then blocks of messages to one room:
--       digest, name, head, flags, idempotency key, digest of the body, the last message's payload, how many
--       messages, and the tail of each. Flags: l listed, c command, z the last one is too large.
-- Answers {'lost'} when the fence is old, {'moved'} when the register is at another place (a batch that was given up
-- arrived after all, before or after this one), else a row for each block: {epoch, first offset, at,
-- 'new'|'again'|'unkept'}
-- or {'conflict'}.

local size, most_bytes, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local most_rooms, random, fence = tonumber(ARGV[4]), ARGV[5], ARGV[6]
local FIRST, TAILS = 11, 8
local META_MS, UNKEPT_MS, IDEMPOTENCY_MS = math.max(30 * 86400000, ttl), 600000, 86400000
-- An expiry is set anew only after so long, and is that much longer: two commands fewer for nearly every block.
local LATER_MS = math.max(1000, math.floor(ttl / 32))
local index, bridge, at = prefix .. 'index', prefix .. 'bridge', whole(now)
local FIELDS = {'random', 'offset', 'at', 'rate', 'interval', 'bytes', 'oldest', 'kept', 'ends', 'size', 'count',
                'total', 'alive'}

local function has_room()
  if redis.call('ZCARD', index) < most_rooms then return true end
  return redis.call('ZREMRANGEBYSCORE', index, '-inf', whole(now - META_MS)) > 0
end

local function id_of(entry) return tonumber(string.match(entry[1], '^%d+')) end
-- Bytes from this entry to the newest: each entry knows how many there were in all up to its own.
local function bytes_from(entry, total) return total - (tonumber(entry[2][8]) or 0) + #entry[2][6] end

-- Drops what is too old, too big or too much, oldest first, never the newest; answers the bytes that are left and
-- the oldest one's time. Entries beyond the count are dropped in heaps: readers leave them out by themselves.
local function trim(stream, offset, limit, total, bytes, oldest)
  local length = redis.call('XLEN', stream)
  local heap = math.max(16, math.floor(limit / 16))
  if length < 2 or (length <= limit + heap and bytes <= most_bytes and oldest >= now - ttl) then
    return bytes, oldest
  end
  local from, step, first = whole(math.max(0, offset - limit + 1)), 1, nil
  repeat
    for _, entry in ipairs(redis.call('XRANGE', stream, from, '+', 'COUNT', step)) do
      first = entry
      local fits = bytes_from(entry, total) <= most_bytes and tonumber(entry[2][4]) >= now - ttl
      if fits or id_of(entry) == offset then
        redis.call('XTRIM', stream, 'MINID', entry[1])
        return bytes_from(entry, total), tonumber(entry[2][4])
      end
    end
    from, step = whole(id_of(first) + 1), 64
  until false
end

local function learn(interval, since, count)
  if count < 2 then return 0 end
  if count == 2 then return since end
  -- One long silence must not teach that silence is usual.
  return interval + (math.min(since, math.max(10 * interval, 60000)) - interval) / 8
end

local function used_before(used, body)
  local before = redis.call('HMGET', used, 'body', 'epoch', 'offset', 'at')
  if not before[1] then return nil end
  if before[1] ~= body then return {'conflict'} end
  return {before[2], before[3], before[4], 'again'}
end

-- Puts the messages into the stream and on the group's channel; answers all bytes there ever were.
local function store(stream, channel, frame, offset, first, count, kept, total)
  for i = 0, count - 1 do
    offset = offset + 1
    local number, tail = whole(offset), ARGV[first + i]
    if kept then
      total = total + #tail
      redis.call('XADD', stream, number .. '-0', 'g', generation, 't', at, 'd', tail, 'b', whole(total))
    end
    redis.call('PUBLISH', channel, frame .. number .. ',"at":' .. at .. tail)
  end
  return total
end

-- Keeps the room from being forgotten; answers when that was done last.
local function keep_alive(meta, stream, known, kept)
  local ends, was_kept, done = known[9], known[8] == '1', known[13]
  if ends then
    redis.call('PEXPIREAT', meta, ends)
    redis.call('PEXPIREAT', stream, ends)
  elseif not kept then
    redis.call('PEXPIRE', meta, UNKEPT_MS)
  elseif not was_kept or now - (tonumber(done) or 0) >= LATER_MS then
    redis.call('PEXPIRE', meta, META_MS + LATER_MS)
    redis.call('PEXPIRE', stream, ttl + LATER_MS)
    return at
  end
  return done or at
end

-- How often the room speaks: messages of the last minute, and the usual pause between two.
local function rhythm(known, since, counted, count)
  local rate, interval = tonumber(known[4]) or 0, tonumber(known[5]) or 0
  for i = 1, count do interval = learn(interval, i == 1 and since or 0, counted + i) end
  return string.format('%.4f', rate * math.exp(-since / 60000) + count), string.format('%.3f', interval)
end

local function remember_use(used, body, epoch, offset)
  redis.call('HSET', used, 'body', body, 'epoch', epoch, 'offset', offset, 'at', at)
  redis.call('PEXPIRE', used, IDEMPOTENCY_MS)
end

local function tell_devices(name, payload)
  -- Bridges hear both next to each other and leave out the second.
  redis.call('PUBLISH', channels .. 'bridge.skip', name)
  redis.call('PUBLISH', name, payload)
end

local function register(digest, name, head, flags, idempotency, body, payload, count, tails)
  local used = prefix .. 'i:' .. digest .. ':' .. idempotency
  local before = idempotency ~= '' and used_before(used, body)
  if before then return before end
  local meta, stream = prefix .. 'm:' .. digest, prefix .. 'h:' .. digest
  local known = redis.call('HMGET', meta, unpack(FIELDS))
  local own, offset, counted = known[1] or random, tonumber(known[2]) or 0, tonumber(known[11]) or 0
  local epoch, first = own .. '.' .. generation, whole(offset + 1)
  local is_listed, limit = string.find(flags, 'l', 1, true), tonumber(known[10]) or size
  local kept = known[8] == '1' or not is_listed or has_room()
  local bytes, oldest = tonumber(known[6]) or 0, tonumber(known[7]) or now
  local total = tonumber(known[12]) or bytes
  -- A stream without its room belongs to an epoch that is gone.
  if kept and not known[1] then redis.call('DEL', stream) end
  local frame = head .. epoch .. '","offset":'
  local added = store(stream, channels .. 'room:' .. digest, frame, offset, tails, count, kept, total)
  if kept then
    bytes, oldest = trim(stream, offset + count, limit, added, bytes + added - total, oldest)
    if is_listed then redis.call('ZADD', index, at, name) end
  else
    redis.call('INCRBY', prefix .. 'unkept', count)
  end
  local rate, interval = rhythm(known, now - (tonumber(known[3]) or now), counted, count)
  redis.call('HSET', meta, 'name', name, 'offset', whole(offset + count), 'at', at, 'count', whole(counted + count),
             'rate', rate, 'interval', interval, 'bytes', whole(bytes), 'oldest', whole(oldest), 'total', whole(added),
             'payload', payload, 'flags', flags, 'kept', kept and '1' or '0', 'limit', whole(limit))
  if not known[1] then redis.call('HSET', meta, 'random', own, 'born', at) end
  local alive = keep_alive(meta, stream, known, kept)
  if alive ~= known[13] then redis.call('HSET', meta, 'alive', alive) end
  if idempotency ~= '' then remember_use(used, body, epoch, first) end
  if string.find(flags, 'c', 1, true) then tell_devices(name, payload) end
  return {epoch, first, at, kept and 'new' or 'unkept'}
end

if fence ~= '' then
  local known = redis.call('HMGET', bridge, 'fence', 'mark', 'count')
  if known[1] ~= fence then return {'lost'} end
  if ARGV[10] ~= '-1' and ((known[2] or '') ~= ARGV[9] or (known[3] or '0') ~= ARGV[10]) then return {'moved'} end
end
local answers, i = {}, FIRST
while i <= #ARGV do
  local count = tonumber(ARGV[i + 7])
  answers[#answers + 1] = register(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5],
                                   ARGV[i + 6], count, i + TAILS)
  i = i + TAILS + count
end
if fence ~= '' then
  redis.call('HSET', bridge, 'mark', ARGV[7], 'count', ARGV[8], 'at', whole(now))
end
return answers
