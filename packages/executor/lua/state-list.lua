-- What all pods reported, with the server's time; forgets what is too old.
--   KEYS  states
--   reply {now in ms, pod, state, pod, state, ...}
local reply, fields = { text(now_ms) }, redis.call('HGETALL', KEYS[1])
for index = 1, #fields, 2 do
  local at_ms = tonumber(string.match(fields[index + 1], '^(%d+):'))
  if at_ms and now_ms - at_ms > RETENTION_MS then
    redis.call('HDEL', KEYS[1], fields[index])
  else
    reply[#reply + 1], reply[#reply + 2] = fields[index], fields[index + 1]
  end
end
return reply
