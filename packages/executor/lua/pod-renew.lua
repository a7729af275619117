-- Extends the lease of an incarnation that is neither sealed nor superseded. A record that the server lost is written again.
--   KEYS  pods, pulse, mailbox
--   ARGV  pod, incarnation, leaseMs, state, status
--   reply {'renewed' | 'recreated', now in ms, letters in the mailbox} | {'sealed'} | {'superseded'}
local incarnation = assert(tonumber(ARGV[2]), 'incarnation')
local lease_ms = assert(tonumber(ARGV[3]), 'leaseMs')
local record = read_pod(KEYS[1], ARGV[1])
if record and record.incarnation > incarnation then return { 'superseded' } end
local known = record and record.incarnation == incarnation
if known and record.sealed then return { 'sealed' } end
write_pod(KEYS[1], ARGV[1], {
  incarnation = incarnation, token = known and record.token or '', state = ARGV[4], status = ARGV[5],
  leaseMs = lease_ms, leaseEndMs = now_ms + lease_ms, sealed = false,
})
beat(KEYS[1], KEYS[2], lease_ms)
if not known or record.state ~= ARGV[4] then tell_pod(ARGV[1]) end
return { known and 'renewed' or 'recreated', text(now_ms), redis.call('XLEN', KEYS[3]) }
