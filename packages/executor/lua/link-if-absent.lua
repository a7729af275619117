-- Links a uid unless it is linked already.
--   KEYS  link, index
--   ARGV  service, pod, incarnation, lifetime in seconds (0 = persistent)
--   reply {1, new link} | {0, the link that stands}
local lifetime = whole(ARGV[4], 'lifetime')
local present = redis.call('GET', KEYS[1])
if present then return { 0, present } end
-- Server time as the floor: the fence grows across removal and expiry too.
local value = table.concat({ ARGV[2], ARGV[3], text(now_us), ARGV[4], 'new' }, ':')
write_link(KEYS[1], KEYS[2], ARGV[1], value, lifetime)
return { 1, value }
