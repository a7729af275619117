-- Makes sure that an incarnation can never renew, if it is safe to say that it is dead: its lease has ended, somebody of
-- the service has renewed a moment ago (so the store was reachable), and such renewals have come for a whole lease.
-- An unknown incarnation is dead by the same rule; a tombstone then keeps it from coming back.
--   KEYS  pods, pulse
--   ARGV  pod, incarnation
--   reply {'sealed'} | {'alive' | 'silent' | 'young', time to wait in ms}
local incarnation = assert(tonumber(ARGV[2]), 'incarnation')
local record = read_pod(KEYS[1], ARGV[1])
if record and record.incarnation > incarnation then return { 'sealed' } end
local known = record and record.incarnation == incarnation
if known and record.sealed then return { 'sealed' } end
if known and record.leaseEndMs > now_ms then return { 'alive', text(record.leaseEndMs - now_ms) } end

local pulse = redis.call('HMGET', KEYS[2], 'at', 'since', 'leaseMs')
local at, since, lease_ms = tonumber(pulse[1]), tonumber(pulse[2]), tonumber(pulse[3])
if not at then return { 'silent', '1000' } end
if now_ms - at > lease_ms * SILENCE_RATIO then return { 'silent', text(lease_ms) } end
if now_ms - since < lease_ms then return { 'young', text(since + lease_ms - now_ms) } end

if not known then
  record = { incarnation = incarnation, token = '', address = 'unknown', revision = '', state = 'shutdown', load = 0,
    leaseMs = lease_ms, leaseEndMs = now_ms }
end
record.sealed = true
write_pod(KEYS[1], ARGV[1], record)
return { 'sealed' }
