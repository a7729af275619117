-- Ends a lease at once and seals the incarnation, so that its uids can be served elsewhere without waiting; with a return
-- time, so that they are not before it is over or the pod is back.
--   KEYS  pods
--   ARGV  pod, incarnation, return time in ms
--   reply 1 | 0 if the lease was not this incarnation's any more
local return_ms = assert(tonumber(ARGV[3]), 'return')
local record = read_pod(KEYS[1], ARGV[1])
if not record or record.incarnation ~= tonumber(ARGV[2]) or record.sealed then return 0 end
record.sealed, record.state, record.leaseEndMs = true, 'shutdown', now_ms
if return_ms > 0 then record.returnMs = now_ms + return_ms end
write_pod(KEYS[1], ARGV[1], record)
tell_pod(ARGV[1])
return 1
