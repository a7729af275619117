-- Keeps one text for a whole service.
--   KEYS  workload
--   ARGV  text
--   reply 1
redis.call('SET', KEYS[1], text(now_ms) .. ':' .. ARGV[1])
return 1
