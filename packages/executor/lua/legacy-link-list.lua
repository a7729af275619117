-- Reads links in one slot.
--   KEYS  links
--   reply {pod or nil, left in ms or nil, ...}
local reply = {}
for index, link in ipairs(KEYS) do
  local pod = redis.call('GET', link)
  reply[2 * index - 1] = pod
  reply[2 * index] = pod and redis.call('PTTL', link)
end
return reply
