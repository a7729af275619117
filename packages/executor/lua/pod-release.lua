-- Ends a lease at once and seals the incarnation, so that its uids can be served elsewhere without waiting.
--   KEYS  pods
--   ARGV  pod, incarnation
--   reply 1 | 0 if the lease was not this incarnation's any more
local record = read_pod(KEYS[1], ARGV[1])
if not record or record.incarnation ~= tonumber(ARGV[2]) or record.sealed then return 0 end
record.sealed, record.state, record.leaseEndMs = true, 'shutdown', now_ms
write_pod(KEYS[1], ARGV[1], record)
return 1
