-- Extends the lease of an incarnation that is neither sealed nor superseded. A record that the server lost is written again.
--   KEYS  pods, pulse
--   ARGV  pod, incarnation, leaseMs, address, revision, state, load
--   reply {'renewed'} | {'recreated'} | {'sealed'} | {'superseded'}
local incarnation = assert(tonumber(ARGV[2]), 'incarnation')
local lease_ms, load = assert(tonumber(ARGV[3]), 'leaseMs'), assert(tonumber(ARGV[7]), 'load')
local record = read_pod(KEYS[1], ARGV[1])
if record and record.incarnation > incarnation then return { 'superseded' } end
local known = record and record.incarnation == incarnation
if known and record.sealed then return { 'sealed' } end
write_pod(KEYS[1], ARGV[1], {
  incarnation = incarnation, token = known and record.token or '', address = ARGV[4], revision = ARGV[5],
  state = ARGV[6], load = load, leaseMs = lease_ms, leaseEndMs = now_ms + lease_ms, sealed = false,
})
beat(KEYS[1], KEYS[2], lease_ms)
return { known and 'renewed' or 'recreated' }
