-- Links a uid whatever stands there.
--   KEYS  link, index, state
--   ARGV  service, pod, incarnation (0 = any), lifetime in seconds (0 = persistent)
--   reply {1, new link, the link that it replaced} | {1, new link}
whole(ARGV[4], 'lifetime')
local present = redis.call('GET', KEYS[1])
return { 1, put_link(present, ARGV[1], ARGV[2], ARGV[3], ARGV[4]), present }
