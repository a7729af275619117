-- Replaces a link to the expected pod by one to another, keeping what is left of its lifetime.
--   KEYS  link, index
--   ARGV  service, expected pod, pod
--   reply {1, pod, left in ms} | {0, the pod that stands, left in ms} | {0} for none
local present, left_ms = read_link()
if not present then return { 0 } end
if present ~= ARGV[2] then return { present == ARGV[3] and 1 or 0, present, left_ms } end
redis.call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
if left_ms == -1 then redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end
return { 1, ARGV[3], left_ms }
