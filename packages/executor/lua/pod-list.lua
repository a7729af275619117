-- All pods on record with the server's time, so that the reader needs no clock of its own.
--   KEYS  pods
--   reply {now in ms, pod id, JSON, pod id, JSON, ...}
local reply = redis.call('HGETALL', KEYS[1])
table.insert(reply, 1, text(now_ms))
return reply
