-- Throws the state away that was handed over under a fence: the owner has taken it up.
--   KEYS  link, index, state
--   ARGV  service, fence
--   reply 1 | 0
if read_state(ARGV[2]) then return redis.call('DEL', KEYS[3]) end
return 0
