-- Links a uid unless it is linked already.
--   KEYS  link, index
--   ARGV  service, pod, incarnation (0 = any), lifetime in seconds (0 = persistent)
--   reply {1, new link} | {0, the link that stands}
local present = redis.call('GET', KEYS[1])
if present then return { 0, present } end
whole(ARGV[4], 'lifetime')
return { 1, put_link(nil, ARGV[1], ARGV[2], ARGV[3], ARGV[4]) }
