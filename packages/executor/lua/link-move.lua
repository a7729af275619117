-- The steps of a planned move, each by the present tenure only and safe to send twice.
--   begin   marks the link, so that routers wait; the mark is void after so many ms
--   cancel  takes the mark away
--   commit  gives the link to the target under the next fence, and keeps the state beside it
--   keep    keeps the state beside the link for whoever takes it over
--   KEYS  link, index, state
--   ARGV  service, pod, incarnation, fence, step, target pod, target incarnation, ms, state or ''
--   reply {1, the link that stands} | {0, the link that stands} | {0} for none
local present = redis.call('GET', KEYS[1])
if not present then return { 0 } end
local pod, incarnation, fence, lifetime, origin = parse(present)
if not is_of(present, 2) then
  local done = ARGV[5] == 'commit' and pod == ARGV[6] and incarnation == ARGV[7] and tonumber(fence) > tonumber(ARGV[4])
  return { done and 1 or 0, present }
end
local value
if ARGV[5] == 'commit' then
  local new_fence = math.max(tonumber(fence) + 1, server_us())
  value = table.concat({ ARGV[6], ARGV[7], text(new_fence), lifetime, 'move' }, ':')
  amend_link(value)
  if tonumber(lifetime) > 0 then redis.call('EXPIRE', KEYS[1], lifetime) end
  if ARGV[9] ~= '' then write_state(new_fence, ARGV[9]) else redis.call('DEL', KEYS[3]) end
  tell_link(ARGV[1], value)
else
  value = table.concat({ pod, incarnation, fence, lifetime, origin }, ':')
  if ARGV[5] == 'begin' then
    local end_ms = math.floor(server_us() / 1000) + whole(ARGV[8], 'ms')
    value = value .. '>' .. ARGV[6] .. ':' .. ARGV[7] .. ':' .. text(end_ms)
  elseif ARGV[5] == 'keep' then
    write_state(tonumber(fence), ARGV[9])
  end
  amend_link(value)
end
return { 1, value }
