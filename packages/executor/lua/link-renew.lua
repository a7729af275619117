-- Renews a link for the pod that holds it, and so tells the pod whether it still does.
-- With reassert (after the server lost data) a link that is missing, or older with the same pod, is written again.
--   KEYS  link, index
--   ARGV  service, pod, incarnation, fence, lifetime in seconds (0 = persistent), origin, reassert (0 | 1)
--   reply {1, link, left in ms, -1 = persistent} | {0, the link that stands} | {0} for none
whole(ARGV[5], 'lifetime')
local present = redis.call('GET', KEYS[1])
local held = table.concat({ ARGV[2], ARGV[3], ARGV[4], '' }, ':')
if present and string.sub(present, 1, #held) == held then
  -- What stands in the link is what was agreed when it was made, whatever the holder remembers.
  local _, _, _, lifetime = parse(present)
  if tonumber(lifetime) > 0 then redis.call('EXPIRE', KEYS[1], lifetime) end
  return { 1, present, redis.call('PTTL', KEYS[1]) }
end
if ARGV[7] == '1' then
  local pod, fence, lifetime, _
  if present then pod, _, fence, lifetime = parse(present) end
  if not present or (pod == ARGV[2] and tonumber(fence) < tonumber(ARGV[4])) then
    local value = held .. ARGV[5] .. ':' .. ARGV[6]
    write_link(ARGV[1], value, ARGV[5], lifetime)
    return { 1, value, redis.call('PTTL', KEYS[1]) }
  end
end
return { 0, present }
