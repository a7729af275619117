-- Brings a uid's index in line with its links.
--   KEYS  index, link of each service
--   ARGV  each service
--   reply 1
for position, service in ipairs(ARGV) do
  local link = KEYS[position + 1]
  local pod = redis.call('GET', link)
  if pod and redis.call('TTL', link) == -1 then
    redis.call('HSET', KEYS[1], service, pod)
  else
    redis.call('HDEL', KEYS[1], service)
  end
end
return 1
