-- Prepended to the scripts on links of the native layout.
--   link   string  pod:incarnation:fence:lifetime:origin, while it moves >pod:incarnation:end of the mark in ms
--                  lifetime in seconds, 0 = persistent, negative = removed with so much grace: never extended
--   index  set     the services that the uid has persistent links to
--   state  string  fence:state that was handed over under this fence and not taken up yet; ends with the link

local function whole(value, name)
  local number = tonumber(value)
  assert(number and number >= 0 and number == math.floor(number), name)
  return number
end

local function parse(value)
  local pod, incarnation, fence, lifetime, origin, mark = string.match(value, '^(%d+):(%d+):(%d+):(-?%d+):(%a+)(.*)$')
  assert(pod, 'link')
  return pod, incarnation, fence, lifetime, origin, mark
end

-- Whether the link is of this tenure: the pod, the incarnation and the fence in three arguments from `first` on.
local function is_of(value, first)
  local tenure = table.concat({ ARGV[first], ARGV[first + 1], ARGV[first + 2], '' }, ':')
  return value and string.sub(value, 1, #tenure) == tenure
end

-- Keeps a link's time to live while its text changes.
local function amend_link(value)
  redis.call('SET', KEYS[1], value, 'KEEPTTL')
end

-- Tells those who listen to the service that the link has changed hands, or is gone.
local function tell_link(service, value)
  tell(service, 'link', value)
end

-- The state beside a link follows the link's time to live.
local function write_state(fence, state)
  local left_ms = redis.call('PTTL', KEYS[1])
  redis.call('SET', KEYS[3], text(fence) .. ':' .. state)
  if left_ms > 0 then redis.call('PEXPIRE', KEYS[3], left_ms) end
end

-- The state that was handed over under this fence, or nil.
local function read_state(fence)
  local value = redis.call('GET', KEYS[3])
  if not value then return nil end
  local prefix = fence .. ':'
  if string.sub(value, 1, #prefix) == prefix then return string.sub(value, #prefix + 1) end
end

-- Writes the link and sees to it that the index names the service exactly while the link is persistent.
local function write_link(service, value, lifetime, previous_lifetime)
  if lifetime == '0' then
    redis.call('SET', KEYS[1], value)
    if previous_lifetime ~= '0' then redis.call('SADD', KEYS[2], service) end
    return
  end
  redis.call('SET', KEYS[1], value, 'EX', lifetime)
  if previous_lifetime == '0' then redis.call('SREM', KEYS[2], service) end
end

-- Links to a pod whatever stands there. The same owner keeps its fence: a refresh is no change of hands. Incarnation 0
-- means any. Server time as the floor: the fence grows across removal and expiry too.
local function put_link(present, service, pod, incarnation, lifetime)
  local fence, origin, previous_lifetime, is_same = server_us(), 'new', nil, false
  if present then
    local old_pod, old_incarnation, old_fence, old_lifetime, old_origin = parse(present)
    previous_lifetime = old_lifetime
    if old_pod == pod and (incarnation == '0' or old_incarnation == incarnation) then
      incarnation, fence, origin, is_same = old_incarnation, tonumber(old_fence), old_origin, true
    else
      fence = math.max(tonumber(old_fence) + 1, fence)
      redis.call('DEL', KEYS[3])
    end
  end
  local value = pod .. ':' .. incarnation .. ':' .. text(fence) .. ':' .. lifetime .. ':' .. origin
  write_link(service, value, lifetime, previous_lifetime)
  if not is_same then tell_link(service, value) end
  return value
end

-- Extends a link for its holder. What stands in it is what was agreed when it was made, whatever the holder remembers, but
-- for the mark of a move that never ended.
local function renew_link(present)
  local pod, incarnation, fence, lifetime, origin, mark = parse(present)
  if mark ~= '' and server_us() >= tonumber(string.match(mark, '%d+$')) * 1000 then
    present = table.concat({ pod, incarnation, fence, lifetime, origin }, ':')
    amend_link(present)
  end
  if tonumber(lifetime) > 0 then
    redis.call('EXPIRE', KEYS[1], lifetime)
    redis.call('EXPIRE', KEYS[3], lifetime)
  end
  return { 1, present, redis.call('PTTL', KEYS[1]) }
end
