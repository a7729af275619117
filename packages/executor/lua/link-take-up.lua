-- Renews a link for the pod that it names, which is about to hold it, and reads the state that was handed over with it.
-- The state stays until it is dropped, so that a lost answer loses nothing.
--   KEYS  link, index, state
--   ARGV  service, pod, incarnation, fence
--   reply {1, link, left in ms, -1 = persistent, state | nil} | {0, the link that stands} | {0} for none
local present = redis.call('GET', KEYS[1])
if not is_of(present, 2) then return { 0, present } end
local reply = renew_link(present)
reply[4] = read_state(ARGV[4])
return reply
