-- Prepended to the scripts on links of the legacy layout: the keys and values of the Go and Java versions.
--   link   string  pod in decimal
--   index  hash    service -> pod, of persistent links

local function whole(value, name)
  local number = tonumber(value)
  assert(number and number >= 0 and number == math.floor(number), name)
  return number
end

-- The link with what is left of it in ms, -1 = persistent; false for none.
local function read_link()
  local pod = redis.call('GET', KEYS[1])
  return pod, pod and redis.call('PTTL', KEYS[1])
end

local function write_link(service, pod, lifetime)
  if lifetime == '0' then
    redis.call('SET', KEYS[1], pod)
    redis.call('HSET', KEYS[2], service, pod)
    return
  end
  redis.call('SET', KEYS[1], pod, 'EX', lifetime)
  redis.call('HDEL', KEYS[2], service)
end
