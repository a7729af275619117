-- Takes a pod id under a new incarnation, unless the lease of another incarnation runs.
-- An incarnation whose lease has ended is sealed by being superseded. Safe to send twice: the same token, the same answer.
--   KEYS  pods, pulse
--   ARGV  pod, token, leaseMs, address, revision, state, load
--   reply {'acquired', incarnation} | {'held', lease left in ms}
local lease_ms, load = assert(tonumber(ARGV[3]), 'leaseMs'), assert(tonumber(ARGV[7]), 'load')
local previous = read_pod(KEYS[1], ARGV[1])
if previous and previous.token == ARGV[2] then
  return { 'acquired', text(previous.incarnation) }
end
if previous and not previous.sealed and previous.leaseEndMs > now_ms then
  return { 'held', text(previous.leaseEndMs - now_ms) }
end
-- Server time as the floor: numbers never repeat, not even after the data were deleted.
local incarnation = math.max((previous and previous.incarnation or 0) + 1, now_us)
write_pod(KEYS[1], ARGV[1], {
  incarnation = incarnation, token = ARGV[2], address = ARGV[4], revision = ARGV[5], state = ARGV[6], load = load,
  leaseMs = lease_ms, leaseEndMs = now_ms + lease_ms, sealed = false,
})
beat(KEYS[2], lease_ms)
return { 'acquired', text(incarnation) }
