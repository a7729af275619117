-- Forgets states of dead pods, unless they were written anew.
--   KEYS  states
--   ARGV  pod, state, pod, state, ...
--   reply number of states forgotten
local dropped = 0
for index = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[index]) == ARGV[index + 1] then
    dropped = dropped + redis.call('HDEL', KEYS[1], ARGV[index])
  end
end
return dropped
