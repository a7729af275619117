-- Removes a link; with an expectation, only while it is as expected. With a grace it stays readable for so long.
--   KEYS  link, index, state
--   ARGV  service, grace in seconds, expected pod, incarnation and fence, each '' for any
--   reply 1 | 0
local grace = whole(ARGV[2], 'grace')
local present = redis.call('GET', KEYS[1])
if not present then return 0 end
local pod, incarnation, fence, lifetime, origin = parse(present)
if tonumber(lifetime) < 0 then return 0 end
local function differs(expected, value) return expected ~= '' and expected ~= value end
if differs(ARGV[3], pod) or differs(ARGV[4], incarnation) or differs(ARGV[5], fence) then return 0 end
if grace == 0 then
  redis.call('DEL', KEYS[1], KEYS[3])
else
  local value = table.concat({ pod, incarnation, fence, text(-grace), origin }, ':')
  amend_link(value)
  redis.call('EXPIRE', KEYS[1], grace, 'LT')
end
if lifetime == '0' then redis.call('SREM', KEYS[2], ARGV[1]) end
tell_link(ARGV[1], '')
return 1
