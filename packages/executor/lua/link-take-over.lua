-- Replaces exactly the expected link by one to another owner with a higher fence, keeping its lifetime. A state that was
-- handed over under the old fence and not taken up goes along.
-- Safe to send twice: the second answer is that of the first.
--   KEYS  link, index, state
--   ARGV  service, expected pod, expected incarnation, expected fence, pod, incarnation
--   reply {1, new link} | {0, the link that stands} | {0} for none
local present = redis.call('GET', KEYS[1])
if not present then return { 0 } end
local pod, incarnation, fence, lifetime = parse(present)
if not is_of(present, 2) then
  local done = pod == ARGV[5] and incarnation == ARGV[6] and tonumber(fence) > tonumber(ARGV[4])
  return { done and 1 or 0, present }
end
local new_fence = math.max(tonumber(fence) + 1, server_us())
local origin = pod == ARGV[5] and 'restart' or 'takeover'
local value = table.concat({ ARGV[5], ARGV[6], text(new_fence), lifetime, origin }, ':')
local state = read_state(fence)
if tonumber(lifetime) < 0 then
  amend_link(value)
else
  write_link(ARGV[1], value, lifetime, lifetime)
end
if state then write_state(new_fence, state) end
tell_link(ARGV[1], value)
return { 1, value }
