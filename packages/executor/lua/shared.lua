-- Prepended to the scripts that read the clock or write numbers.

-- Microseconds have 16 digits: Lua's own tostring would round them.
local function text(number)
  return string.format('%.0f', number)
end

-- The server's clock in microseconds: the floor of incarnations and fences.
local function server_us()
  local clock = redis.call('TIME')
  return clock[1] * 1000000 + clock[2]
end

-- Tells those who listen to the service: what, of which key, and what about it. The listener compares the namespace in the
-- key, for to build a channel of it here would cost a new link a tenth of its script. A right to publish that is missing
-- costs listeners time, not the caller the answer.
local function tell(service, kind, what)
  redis.pcall('PUBLISH', 'route:1:events:' .. service, kind .. '\n' .. KEYS[1] .. '\n' .. what)
end
