-- Replaces exactly the expected link by one to another owner with a higher fence, keeping its lifetime.
-- Safe to send twice: the second answer is that of the first.
--   KEYS  link, index
--   ARGV  service, expected pod, expected incarnation, expected fence, pod, incarnation
--   reply {1, new link} | {0, the link that stands} | {0} for none
local present = redis.call('GET', KEYS[1])
if not present then return { 0 } end
local pod, incarnation, fence, lifetime = parse(present)
if pod ~= ARGV[2] or incarnation ~= ARGV[3] or fence ~= ARGV[4] then
  local done = pod == ARGV[5] and incarnation == ARGV[6] and tonumber(fence) > tonumber(ARGV[4])
  return { done and 1 or 0, present }
end
local new_fence = text(math.max(tonumber(fence) + 1, server_us()))
local origin = pod == ARGV[5] and 'restart' or 'takeover'
local value = table.concat({ ARGV[5], ARGV[6], new_fence, lifetime, origin }, ':')
if tonumber(lifetime) < 0 then
  redis.call('SET', KEYS[1], value, 'KEEPTTL')
else
  write_link(ARGV[1], value, lifetime, lifetime)
end
return { 1, value }
