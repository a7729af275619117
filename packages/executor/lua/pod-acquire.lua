-- Takes a pod id under a new incarnation, unless the lease of another incarnation runs.
-- An incarnation whose lease has ended is sealed by being superseded. Without an id, takes the lowest that is unknown or
-- sealed, or may be. Safe to send twice: the same token, the same incarnation, its lease counted from the last try.
--   KEYS  pods, pulse
--   ARGV  pod or '', token, leaseMs, state, status
--   reply {'acquired', pod, incarnation} | {'held', lease left in ms}
local lease_ms = assert(tonumber(ARGV[3]), 'leaseMs')

local function lowest_free()
  for id, json in each_pod(KEYS[1]) do
    local record = cjson.decode(json)
    if record.token == ARGV[2] and not record.sealed then return id end
  end
  local id = 0
  while true do
    local record = read_pod(KEYS[1], text(id))
    if not record or may_end(record, KEYS[2]) == 'sealed' then return text(id) end
    id = id + 1
  end
end

local pod = ARGV[1] ~= '' and ARGV[1] or lowest_free()
local previous = read_pod(KEYS[1], pod)
local again = previous and previous.token == ARGV[2] and not previous.sealed
if previous and not again and not previous.sealed and previous.leaseEndMs > now_ms then
  return { 'held', text(previous.leaseEndMs - now_ms) }
end
for id, json in each_pod(KEYS[1]) do
  if now_ms - cjson.decode(json).leaseEndMs > RETENTION_MS then redis.call('HDEL', KEYS[1], id) end
end
-- Server time as the floor: numbers never repeat, not even after the data were deleted.
local incarnation = again and previous.incarnation or math.max((previous and previous.incarnation or 0) + 1, now_us)
write_pod(KEYS[1], pod, {
  incarnation = incarnation, token = ARGV[2], state = ARGV[4], status = ARGV[5],
  leaseMs = lease_ms, leaseEndMs = now_ms + lease_ms, sealed = false,
})
beat(KEYS[1], KEYS[2], lease_ms)
tell_pod(pod)
return { 'acquired', pod, text(incarnation) }
