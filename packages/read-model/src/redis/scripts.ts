import { createHash } from 'node:crypto'
import { eventSources } from '@gatehouse/contracts/events'
import { nouns } from '../keys.ts'

/** A Lua script: it runs atomically. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') }
}

// First KEYS of every script: pointer, changes, then positions and a hash for each noun of the generation that is meant.
// The pointer names the serving generation; without one (new or lost data) it is '1'. Numbers stand as decimal text
// and are compared as such: Lua would write a large one back as 9.007e+15.
const head = `
local serving = redis.call('GET', KEYS[1]) or '1'
local sources = {${eventSources.map((source) => `'${source}'`).join(', ')}}
local function position(source) return redis.call('HGET', KEYS[3], source) or '0' end
local function positions()
  local all = {}
  for i, source in ipairs(sources) do all[i] = position(source) end
  return all
end
local function less(a, b) return #a < #b or (#a == #b and a < b) end
local function behind(these)
  for i, source in ipairs(sources) do if less(position(source), these[i]) then return true end end
  return false
end
`

// An entry that expires stands under a key of its own, every other in the hash of its noun; never in both.

/**
 * ARGV generation, '1' for a candidate or '', then of each entry the index of its hash, its field, and the index of its
 * own key or ''.
 */
export const readScript = script(`${head}
if ARGV[2] == '' and serving ~= ARGV[1] then return {'moved', serving} end
local values = {}
for i = 3, #ARGV, 3 do
  local own = ARGV[i + 2] ~= '' and redis.call('GET', KEYS[tonumber(ARGV[i + 2])])
  values[#values + 1] = own or redis.call('HGET', KEYS[tonumber(ARGV[i])], ARGV[i + 1])
end
return {'ok', positions(), values}`)

/**
 * ARGV generation, life of a candidate in ms or '', source, after, upTo, record time in ms, changes to keep, then of
 * each write the index of its hash, its field, the index of its own key or '', version, stored form, expiry in ms or '',
 * and key.
 */
export const applyScript = script(`${head}
local generation, life, source, after, upto = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if life == '' and serving ~= generation then return {'moved', serving} end
if life ~= '' and serving == generation then return {'promoted'} end
local at = position(source)
if less(after, at) then return {'duplicate'} elseif less(at, after) then return {'gap'} end
local changed = {}
for i = 8, #ARGV, 7 do
  local hash, field, own = KEYS[tonumber(ARGV[i])], ARGV[i + 1], KEYS[tonumber(ARGV[i + 2])]
  local present = own and redis.call('GET', own) or redis.call('HGET', hash, field)
  if not present or less(string.match(present, '^%d+'), ARGV[i + 3]) then
    if ARGV[i + 5] ~= '' then
      redis.call('HDEL', hash, field)
      redis.call('SET', own, ARGV[i + 4], 'PXAT', ARGV[i + 5])
    else
      if own then redis.call('DEL', own) end
      redis.call('HSET', hash, field, ARGV[i + 4])
    end
    changed[#changed + 1] = ARGV[i + 6]
  end
end
redis.call('HSET', KEYS[3], source, upto)
if life == '' then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[7], '*', 'source', source, 'after', after, 'upTo', upto,
    'recordTime', ARGV[6], 'keys', table.concat(changed, '\\n'))
else
  local ends = string.format('%.0f', redis.call('TIME')[1] * 1000 + tonumber(life))
  for i = 3, ${nouns.length + 3} do redis.call('PEXPIREAT', KEYS[i], ends) end
end
return {'applied'}`)

/** ARGV generation. Where a follower stands that has everything. */
export const tailScript = script(`${head}
if serving ~= ARGV[1] then return {'moved', serving} end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
return {'ok', positions(), last[1] and last[1][1] or '0-0'}`)

/** ARGV generation, age in ms, position of each log. An older mark never replaces a younger one. */
export const markWholeScript = script(`${head}
if serving ~= ARGV[1] then return {'moved', serving} end
local marked = {unpack(ARGV, 3)}
if behind(marked) then return {'behind'} end
local time = redis.call('TIME')
local at = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[2]))
local present = string.match(redis.call('HGET', KEYS[3], 'whole') or '', '^(%d+) [%d ]+$')
if present and not less(present, at) then return {'younger'} end
redis.call('HSET', KEYS[3], 'whole', at .. ' ' .. table.concat(marked, ' '))
return {'marked'}`)

/** ARGV generation. Positions and age in ms of the mark, when the generation stands at or beyond it. */
export const wholeMarkScript = script(`${head}
if serving ~= ARGV[1] then return {'moved', serving} end
local mark = {}
for number in string.gmatch(redis.call('HGET', KEYS[3], 'whole') or '', '%d+') do mark[#mark + 1] = number end
local marked = {unpack(mark, 2)}
if #marked ~= #sources or behind(marked) then return {'none'} end
local time = redis.call('TIME')
local age = math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(mark[1]))
return {'ok', marked, string.format('%.0f', age)}`)

/** KEYS go on with positions and hashes of the serving generation; ARGV serving generation, candidate. */
export const promoteScript = script(`${head}
if serving ~= ARGV[1] then return {'moved', serving} end
local half = (#KEYS - 2) / 2
for _, source in ipairs(sources) do
  if less(position(source), redis.call('HGET', KEYS[3 + half], source) or '0') then return {'behind'} end
end
for i = 3, 2 + half do redis.call('PERSIST', KEYS[i]) end
for i = 3 + half, #KEYS do redis.call('UNLINK', KEYS[i]) end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], '*', 'generation', ARGV[2])
return {'promoted'}`)

export const discardScript = script(`
for i = 3, #KEYS do redis.call('UNLINK', KEYS[i]) end
return {'discarded'}`)
