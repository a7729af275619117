-- Prepended to the scripts on links of the native layout.
--   link   string  pod:incarnation:fence:lifetime:origin
--                  lifetime in seconds, 0 = persistent, negative = removed with so much grace: never extended
--   index  set     the services that the uid has persistent links to

local function whole(value, name)
  local number = tonumber(value)
  assert(number and number >= 0 and number == math.floor(number), name)
  return number
end

local function parse(value)
  local pod, incarnation, fence, lifetime, origin = string.match(value, '^(%d+):(%d+):(%d+):(-?%d+):(%a+)$')
  assert(pod, 'link')
  return pod, incarnation, fence, lifetime, origin
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
  local fence, origin, previous_lifetime = server_us(), 'new', nil
  if present then
    local old_pod, old_incarnation, old_fence, old_lifetime, old_origin = parse(present)
    previous_lifetime = old_lifetime
    if old_pod == pod and (incarnation == '0' or old_incarnation == incarnation) then
      incarnation, fence, origin = old_incarnation, tonumber(old_fence), old_origin
    else
      fence = math.max(tonumber(old_fence) + 1, fence)
    end
  end
  local value = pod .. ':' .. incarnation .. ':' .. text(fence) .. ':' .. lifetime .. ':' .. origin
  write_link(service, value, lifetime, previous_lifetime)
  return value
end
