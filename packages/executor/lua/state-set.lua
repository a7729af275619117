-- Keeps what a pod says of itself.
--   KEYS  states
--   ARGV  pod, text
--   reply 1
redis.call('HSET', KEYS[1], ARGV[1], text(now_ms) .. ':' .. ARGV[2])
redis.call('PEXPIRE', KEYS[1], RETENTION_MS)
return 1
