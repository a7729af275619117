-- Removes a link; with an expected pod, only while it names it. With a grace it stays readable for so long.
--   KEYS  link, index
--   ARGV  service, grace in seconds, expected pod or ''
--   reply 1 | 0
local grace = whole(ARGV[2], 'grace')
local present = redis.call('GET', KEYS[1])
if not present or (ARGV[3] ~= '' and present ~= ARGV[3]) then return 0 end
if grace == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('EXPIRE', KEYS[1], grace, 'LT')
end
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
