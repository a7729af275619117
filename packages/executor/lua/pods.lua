-- Prepended to the scripts on pods.
--   pods  hash: pod id -> JSON {incarnation, token, state, status, leaseMs, leaseEndMs, sealed, returnMs}
--         status is JSON of its own, in the words of the pod; returnMs: until then the uids wait for the pod to come back
--   pulse hash: at (last renewal by anybody), since (start of the unbroken series), leaseMs

local now_us = server_us()
local now_ms = math.floor(now_us / 1000)

-- A renewal after a silence longer than this share of a lease begins a new pulse.
local SILENCE_RATIO = 2 / 3

local function read_pod(pods, pod)
  local json = redis.call('HGET', pods, pod)
  if not json then return nil end
  local record = cjson.decode(json)
  -- Kept as text: cjson writes numbers with 14 digits only.
  record.incarnation = tonumber(record.incarnation)
  return record
end

local function write_pod(pods, pod, record)
  record.incarnation = text(record.incarnation)
  redis.call('HSET', pods, pod, cjson.encode(record))
end

-- A service that nobody runs any more is forgotten after this time, and so is a single dead pod.
local RETENTION_MS = 7 * 24 * 3600 * 1000

local function tell_pod(pod)
  tell(string.match(KEYS[1], ':([^:}]*)}$'), 'pod', pod)
end

-- Whether an incarnation may be sealed: 'sealed' | 'alive' | 'silent' | 'young', and the time to wait in ms. Only if its
-- lease has ended, somebody of the service has renewed a moment ago (so the store was reachable), and such renewals have
-- come for a whole lease.
local function may_end(record, pulse_key)
  if record and record.sealed then return 'sealed', 0 end
  if record and record.leaseEndMs > now_ms then return 'alive', record.leaseEndMs - now_ms end
  local pulse = redis.call('HMGET', pulse_key, 'at', 'since', 'leaseMs')
  local at, since, lease_ms = tonumber(pulse[1]), tonumber(pulse[2]), tonumber(pulse[3])
  if not at then return 'silent', 1000 end
  if now_ms - at > lease_ms * SILENCE_RATIO then return 'silent', lease_ms end
  if now_ms - since < lease_ms then return 'young', since + lease_ms - now_ms end
  return 'sealed', lease_ms
end

local function beat(pods, pulse, lease_ms)
  local at = tonumber(redis.call('HGET', pulse, 'at'))
  if not at or now_ms - at > lease_ms * SILENCE_RATIO then
    redis.call('HSET', pulse, 'since', text(now_ms))
  end
  redis.call('HSET', pulse, 'at', text(now_ms), 'leaseMs', text(lease_ms))
  local retention_ms = math.max(RETENTION_MS, 10 * lease_ms)
  redis.call('PEXPIRE', pods, retention_ms)
  redis.call('PEXPIRE', pulse, retention_ms)
end

-- Iterates over pod id and JSON of all records.
local function each_pod(pods)
  local fields, index = redis.call('HGETALL', pods), -1
  return function()
    index = index + 2
    return fields[index], fields[index + 1]
  end
end
