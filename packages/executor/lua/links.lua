-- Prepended to the scripts on links.
--   link   string  pod:incarnation:fence:lifetime:origin, lifetime in seconds, 0 = persistent
--   index  set     the services that the uid is linked to; outlives none of them

-- Writes the link and sees to it that the index lives at least as long.
local function write_link(link, index, service, value, lifetime)
  redis.call('SADD', index, service)
  if lifetime == 0 then
    redis.call('SET', link, value)
    redis.call('PERSIST', index)
    return
  end
  redis.call('SET', link, value, 'EX', lifetime)
  local index_ttl = redis.call('TTL', index)
  local fresh = index_ttl == -1 and redis.call('SCARD', index) == 1
  if fresh or (index_ttl >= 0 and index_ttl < lifetime) then redis.call('EXPIRE', index, lifetime) end
end

local function whole(value, name)
  local number = tonumber(value)
  assert(number and number >= 0 and number == math.floor(number), name)
  return number
end
