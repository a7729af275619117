-- Links a uid unless a persistent link to another pod stands there.
--   KEYS  link, index
--   ARGV  service, pod, lifetime in seconds (0 = persistent)
--   reply {1, previous pod, left of it in ms} | {1} | {0, the pod that stands, -1}
whole(ARGV[3], 'lifetime')
local present, left_ms = read_link()
if present and left_ms == -1 and present ~= ARGV[2] then return { 0, present, left_ms } end
write_link(ARGV[1], ARGV[2], ARGV[3])
return { 1, present, left_ms }
