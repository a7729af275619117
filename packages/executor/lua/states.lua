-- Prepended to the scripts on reported states of the native layout: strings `written at, in ms:text`.

local now_ms = math.floor(server_us() / 1000)

-- What a dead pod left behind is kept for so long.
local RETENTION_MS = 7 * 24 * 3600 * 1000
