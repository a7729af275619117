-- Prepended to every script.

-- The server's clock: milliseconds, and microseconds as the floor of incarnations and fences.
local clock = redis.call('TIME')
local now_us = clock[1] * 1000000 + clock[2]
local now_ms = math.floor(now_us / 1000)

-- Microseconds have 16 digits: Lua's own tostring would round them.
local function text(number)
  return string.format('%.0f', number)
end
