-- Renews a link for the pod that it names. With reassert a missing link is written again.
--   KEYS  link, index
--   ARGV  service, pod, lifetime in seconds (0 = persistent), reassert (0 | 1)
--   reply {1, pod, left in ms, -1 = persistent} | {0, the pod that stands, left in ms} | {0} for none
whole(ARGV[3], 'lifetime')
local present, left_ms = read_link()
if present and present ~= ARGV[2] then return { 0, present, left_ms } end
if not present then
  if ARGV[4] ~= '1' then return { 0 } end
  write_link(ARGV[1], ARGV[2], ARGV[3])
elseif left_ms ~= -1 and ARGV[3] ~= '0' then
  redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return { 1, ARGV[2], redis.call('PTTL', KEYS[1]) }
