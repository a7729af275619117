-- Links a uid whatever stands there.
--   KEYS  link, index
--   ARGV  service, pod, lifetime in seconds (0 = persistent)
--   reply {1, previous pod, left of it in ms} | {1}
whole(ARGV[3], 'lifetime')
local present, left_ms = read_link()
write_link(ARGV[1], ARGV[2], ARGV[3])
return { 1, present, left_ms }
