-- Takes services out of a uid's index to which it has no persistent link.
--   KEYS  index, link of each service
--   ARGV  each service
--   reply number of services taken out
local removed = 0
for position, service in ipairs(ARGV) do
  if redis.call('TTL', KEYS[position + 1]) ~= -1 then
    removed = removed + redis.call('SREM', KEYS[1], service)
  end
end
return removed
