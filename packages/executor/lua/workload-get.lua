-- The texts of services in one slot, with the server's time.
--   KEYS  workload of each service
--   reply {now in ms, text or nil, ...}
local reply = redis.call('MGET', unpack(KEYS))
table.insert(reply, 1, text(now_ms))
return reply
