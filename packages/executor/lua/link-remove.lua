-- Removes a link; with an expectation, only while it names this owner with this fence.
--   KEYS  link, index
--   ARGV  service, 'pod:incarnation:fence:' or '' for any
--   reply 1 | 0
local present = redis.call('GET', KEYS[1])
if not present or string.sub(present, 1, #ARGV[2]) ~= ARGV[2] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[1])
return 1
