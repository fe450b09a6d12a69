-- Counts one request against all of its limits, or, when any of them denies, against none.
-- KEYS: one counter for each limit. ARGV: cost, leak, capacity for each limit, in its units (see limit/gcra.ts).
-- Answers the server's time in microseconds, then level and time of each counter as they stood before.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local answer = { string.format('%.0f', now) }
local writes = {}
local allowed = true
for i = 1, #KEYS do
  local cost, leak, capacity = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local kept = redis.call('HMGET', KEYS[i], 'level', 'at')
  local level, at = tonumber(kept[1] or 0), tonumber(kept[2] or now)
  answer[2 * i] = string.format('%.0f', level)
  answer[2 * i + 1] = string.format('%.0f', at)
  local elapsed = math.max(0, now - at)
  local drained = 0
  if elapsed < level / leak then drained = level - elapsed * leak end
  if drained + cost > capacity then allowed = false end
  writes[i] = { level = drained + cost, at = math.max(now, at), ttl = math.ceil((drained + cost) / leak / 1000) + 1000 }
end
if allowed then
  for i = 1, #KEYS do
    redis.call('HSET', KEYS[i], 'level', string.format('%.0f', writes[i].level), 'at', string.format('%.0f', writes[i].at))
    redis.call('PEXPIRE', KEYS[i], string.format('%.0f', writes[i].ttl))
  end
end
return answer
