-- Where rooms are; creates what a join needs. Follows generation.lua.
-- ARGV: 1 'enter' or 'look', 2 random for new epochs, then digest and name of each room.
-- Answers for each room {epoch, offset}, or {} when a looked-at room is unknown.

local may_create, random = ARGV[1] == 'enter', ARGV[2]
local FORGET_MS = 600000

local function place(digest, name)
  local meta = prefix .. 'm:' .. digest
  local known = redis.call('HMGET', meta, 'random', 'offset', 'ends', 'kept')
  if not known[1] then
    if not may_create then return {} end
    known = {random, '0', false, false}
    redis.call('HSET', meta, 'name', name, 'random', random, 'offset', '0', 'born', whole(now))
  end
  -- Kept alive as long as somebody looks: a room must not change its epoch under its watchers.
  if known[4] ~= '1' and not known[3] then redis.call('PEXPIRE', meta, FORGET_MS) end
  return {known[1] .. '.' .. generation, known[2] or '0'}
end

local answers = {}
for i = 3, #ARGV, 2 do answers[#answers + 1] = place(ARGV[i], ARGV[i + 1]) end
return answers
