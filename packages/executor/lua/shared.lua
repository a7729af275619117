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

-- Tells those who listen to the service. A right to publish that is missing costs them time, not the caller the answer.
local function tell(namespace, service, ...)
  redis.pcall('PUBLISH', 'route:1:events:{' .. namespace .. ':' .. service .. '}', table.concat({ ... }, '\n'))
end
