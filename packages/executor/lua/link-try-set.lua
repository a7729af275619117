-- Links a uid unless a persistent link to another pod stands there.
--   KEYS  link, index, state
--   ARGV  service, pod, incarnation (0 = any), lifetime in seconds (0 = persistent)
--   reply {1, new link, the link that it replaced} | {1, new link} | {0, the link that stands, the same}
whole(ARGV[4], 'lifetime')
local present = redis.call('GET', KEYS[1])
if present then
  local pod, _, _, lifetime = parse(present)
  if lifetime == '0' and pod ~= ARGV[2] then return { 0, present, present } end
end
return { 1, put_link(present, ARGV[1], ARGV[2], ARGV[3], ARGV[4]), present }
