-- Makes sure that an incarnation can never renew, if it is safe to say that it is dead (see may_end).
-- An unknown incarnation is dead by the same rule; a tombstone then keeps it from coming back.
--   KEYS  pods, pulse
--   ARGV  pod, incarnation
--   reply {'sealed'} | {'alive' | 'silent' | 'young', time to wait in ms}
local incarnation = assert(tonumber(ARGV[2]), 'incarnation')
local record = read_pod(KEYS[1], ARGV[1])
if record and record.incarnation > incarnation then return { 'sealed' } end
if record and record.incarnation < incarnation then record = nil end
local word, ms = may_end(record, KEYS[2])
if word ~= 'sealed' then return { word, text(ms) } end
if record and record.sealed then return { 'sealed' } end

record = record or { incarnation = incarnation, token = '', status = '{"address":"unknown","revision":"","load":0}',
  leaseMs = ms, leaseEndMs = now_ms }
record.sealed, record.state = true, 'shutdown'
write_pod(KEYS[1], ARGV[1], record)
tell_pod(ARGV[1])
return { 'sealed' }
