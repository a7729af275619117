-- Throws away the letters that were read and answers the next ones, to the present incarnation of the pod only.
-- Safe to send twice: what is answered stays until the next call acknowledges it.
--   KEYS  mailbox, pods
--   ARGV  pod, incarnation, id of the last letter read or '', most letters to answer
--   reply {id, letter, id, letter, ...}
local json = redis.call('HGET', KEYS[2], ARGV[1])
if not json or cjson.decode(json).incarnation ~= ARGV[2] then return {} end
if ARGV[3] ~= '' then
  local ms, sequence = string.match(ARGV[3], '^(%d+)-(%d+)$')
  redis.call('XTRIM', KEYS[1], 'MINID', '=', ms .. '-' .. text(tonumber(sequence) + 1))
end
local reply = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[4])) do
  table.insert(reply, entry[1])
  table.insert(reply, entry[2][2])
end
return reply
