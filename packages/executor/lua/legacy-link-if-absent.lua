-- Links a uid unless it is linked already.
--   KEYS  link, index
--   ARGV  service, pod, lifetime in seconds (0 = persistent)
--   reply {1} | {0, the pod that holds the link, left in ms}
local present = redis.call('GET', KEYS[1])
if present then return { 0, present, redis.call('PTTL', KEYS[1]) } end
whole(ARGV[3], 'lifetime')
write_link(ARGV[1], ARGV[2], ARGV[3])
return { 1 }
