-- Replaces exactly the expected link by one to another owner with a higher fence, keeping its lifetime.
-- Safe to send twice: the second answer is that of the first.
--   KEYS  link, index
--   ARGV  service, expected link, pod, incarnation
--   reply {1, new link} | {0, the link that stands} | {0} for none
local present = redis.call('GET', KEYS[1])
if not present then return { 0 } end
local pod, incarnation, fence, lifetime = string.match(present, '^(%d+):(%d+):(%d+):(%d+):')
local old_pod, old_fence = string.match(ARGV[2], '^(%d+):%d+:(%d+):')
if present ~= ARGV[2] then
  local done = pod == ARGV[3] and incarnation == ARGV[4] and tonumber(fence) > tonumber(old_fence)
  return { done and 1 or 0, present }
end
local new_fence = math.max(tonumber(fence) + 1, now_us)
local origin = old_pod == ARGV[3] and 'restart' or 'takeover'
local value = table.concat({ ARGV[3], ARGV[4], text(new_fence), lifetime, origin }, ':')
write_link(KEYS[1], KEYS[2], ARGV[1], value, tonumber(lifetime))
return { 1, value }
