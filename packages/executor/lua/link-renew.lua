-- Renews a link for the pod that holds it, and so tells the pod whether it still does.
-- With reassert (after the server lost data) a link that is missing, or older with the same pod, is written again; not
-- after the moment that it was meant for, or a late message would bring back what was let go meanwhile.
--   KEYS  link, index, state
--   ARGV  service, pod, incarnation, fence, lifetime in seconds (0 = persistent), origin, reassert until (ms, 0 = not)
--   reply {1, link, left in ms, -1 = persistent} | {0, the link that stands} | {0} for none
whole(ARGV[5], 'lifetime')
local present = redis.call('GET', KEYS[1])
if is_of(present, 2) then return renew_link(present) end
if ARGV[7] ~= '0' and server_us() < tonumber(ARGV[7]) * 1000 then
  local pod, fence, lifetime, _
  if present then pod, _, fence, lifetime = parse(present) end
  if not present or (pod == ARGV[2] and tonumber(fence) < tonumber(ARGV[4])) then
    local value = table.concat({ ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6] }, ':')
    write_link(ARGV[1], value, ARGV[5], lifetime)
    tell_link(ARGV[1], value)
    return { 1, value, redis.call('PTTL', KEYS[1]) }
  end
end
return { 0, present }
