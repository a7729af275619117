-- Puts letters into the mailbox of a pod, and tells it so.
--   KEYS  mailbox
--   ARGV  pod, letter, ...
--   reply number of letters in the mailbox
for index = 2, #ARGV do redis.call('XADD', KEYS[1], 'MAXLEN', '~', 100000, '*', 't', ARGV[index]) end
redis.call('EXPIRE', KEYS[1], 86400)
tell(string.match(KEYS[1], ':([^:}]*)}'), 'letter', ARGV[1])
return redis.call('XLEN', KEYS[1])
