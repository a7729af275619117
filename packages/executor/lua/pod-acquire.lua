-- Takes a pod id under a new incarnation, unless the lease of another incarnation runs.
-- An incarnation whose lease has ended is sealed by being superseded. Safe to send twice: the same token, the same
-- incarnation, its lease counted from the last try.
--   KEYS  pods, pulse
--   ARGV  pod, token, leaseMs, address, revision, state, load
--   reply {'acquired', incarnation} | {'held', lease left in ms}
local lease_ms, load = assert(tonumber(ARGV[3]), 'leaseMs'), assert(tonumber(ARGV[7]), 'load')
local previous = read_pod(KEYS[1], ARGV[1])
local again = previous and previous.token == ARGV[2] and not previous.sealed
if previous and not again and not previous.sealed and previous.leaseEndMs > now_ms then
  return { 'held', text(previous.leaseEndMs - now_ms) }
end
for id, json in each_pod(KEYS[1]) do
  if now_ms - cjson.decode(json).leaseEndMs > RETENTION_MS then redis.call('HDEL', KEYS[1], id) end
end
-- Server time as the floor: numbers never repeat, not even after the data were deleted.
local incarnation = again and previous.incarnation or math.max((previous and previous.incarnation or 0) + 1, now_us)
write_pod(KEYS[1], ARGV[1], {
  incarnation = incarnation, token = ARGV[2], address = ARGV[4], revision = ARGV[5], state = ARGV[6], load = load,
  leaseMs = lease_ms, leaseEndMs = now_ms + lease_ms, sealed = false,
})
beat(KEYS[1], KEYS[2], lease_ms)
return { 'acquired', text(incarnation) }
