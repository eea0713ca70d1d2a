-- Reads a room's stream and judges whether a reader who stands somewhere can be given all it missed, in one step.
-- Follows generation.lua.
-- ARGV: 1 digest, 2 since epoch or '', 3 since offset, 4 last, 5 limit, 6 most bytes, 7 age in ms, 8 bytes of a frame before its tail.
-- Answers {verdict, epoch, offset, now, since_ms, born, more, random, unheard, entries, state of the generation}.
-- Verdicts: 'missing' (no such room), 'plain' (nothing asked), 'all', 'trimmed', 'epoch'.

local digest, since_epoch, since = ARGV[1], ARGV[2], tonumber(ARGV[3])
local last, limit, most_bytes, ttl = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local head = tonumber(ARGV[8])
local stream = prefix .. 'h:' .. digest
local known = redis.call('HMGET', prefix .. 'm:' .. digest, 'random', 'offset', 'born', 'at', 'limit')
local run = redis.call('HMGET', prefix .. 'gen', 'at', 'heard', 'fresh', 'proven')

-- The register drops what is too much in heaps; what is beyond the count is left out here.
local kept = tonumber(known[5]) or math.huge

local function number_of(entry) return tonumber(string.match(entry[1], '^%d+')) end
local function time_of(entry) return tonumber(entry[2][4]) end
local function is_young(entry) return time_of(entry) >= now - ttl end

-- The first entries that fit, in the order given; at least one.
local function fitting(entries, most)
  local taken, bytes = {}, 0
  for _, entry in ipairs(entries) do
    bytes = bytes + head + #entry[2][6]
    if #taken >= most or not is_young(entry) or (bytes > most_bytes and #taken > 0) then break end
    taken[#taken + 1] = entry
  end
  return taken
end

local function newest(most)
  most = math.min(most, kept)
  if most < 1 then return {} end
  local backwards = fitting(redis.call('XREVRANGE', stream, '+', '-', 'COUNT', most), most)
  local entries = {}
  for i = #backwards, 1, -1 do entries[#entries + 1] = backwards[i] end
  return entries
end

local function missed(offset)
  if since == offset then return {}, false end
  if since < offset - kept then return nil, false end
  local entries = redis.call('XRANGE', stream, whole(since + 1), '+', 'COUNT', limit + 1)
  if #entries == 0 or number_of(entries[1]) ~= since + 1 or not is_young(entries[1]) then return nil, false end
  local taken = fitting(entries, limit)
  return taken, number_of(taken[#taken]) < offset
end

-- When the message at `since` was given its place, if that is still known; else 0.
local function time_at_since(offset)
  local random, g = string.match(since_epoch, '^(.*)%.(%d+)$')
  if since < 1 or random ~= known[1] then return 0 end
  local entry = redis.call('XRANGE', stream, whole(since), whole(since), 'COUNT', 1)[1]
  if entry and entry[2][2] == g then return time_of(entry) end
  if since == offset and g == generation then return tonumber(known[4]) or 0 end
  return 0
end

local function unheard_after(at)
  return redis.call('ZRANGEBYSCORE', prefix .. 'unheard', '(' .. whole(at), '+inf', 'LIMIT', 0, 100)
end

if not known[1] then return {'missing', '', '0', whole(now), '0', '0', 0, '', {}, {}, run} end
local epoch, offset, born = known[1] .. '.' .. generation, tonumber(known[2]) or 0, known[3] or '0'
local verdict, entries, more, since_ms, unheard = 'plain', nil, false, 0, {}
if since_epoch == '' then
  entries = newest(math.min(last, limit))
  if #entries > 0 then unheard = unheard_after(time_of(entries[1])) end
else
  since_ms = time_at_since(offset)
  if since_epoch == epoch and since <= offset then
    verdict = 'all'
    entries, more = missed(offset)
    if entries then
      unheard = unheard_after(since_ms > 0 and since_ms or tonumber(born))
    else
      verdict = 'trimmed'
    end
  else
    verdict = 'epoch'
  end
  entries = entries or newest(math.min(last, limit))
end
return {verdict, epoch, whole(offset), whole(now), whole(since_ms), born, more and 1 or 0, known[1], unheard,
        entries, run}
