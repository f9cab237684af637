-- SPDX-License-Identifier: BSD-2-Clause
-- Lua: tables, strings, closures, coroutines, the collector; output never changes.
local function digest(s)
  local h = 5381
  for i = 1, #s do h = (h * 33 + s:byte(i)) & 0xffffffff end
  return string.format("%08x", h)
end

local t = {}
for i = 1, 100000 do t["key" .. i] = i * i % 1009 end
for i = 3, 100000, 3 do t["key" .. i] = nil end
local count, sum, keys = 0, 0, {}
for k, v in pairs(t) do count = count + 1; sum = sum + v; keys[#keys + 1] = k end
table.sort(keys, function(a, b) if t[a] ~= t[b] then return t[a] < t[b] end return a < b end)
print(count, sum, keys[1], keys[#keys], digest(table.concat(keys, ",")))

local words = {}
for i = 1, 30000 do words[i] = "word" .. i % 613 end
local text = table.concat(words, " ")
local tally = {}
for w in text:gmatch("%a+%d+") do tally[w] = (tally[w] or 0) + 1 end
print(#text, tally.word1, tally.word612)
local changed, n = text:gsub("(%a+)(%d+)", function(a, b) return a:upper() .. "<" .. b * 3 .. ">" end)
print(n, #changed, digest(changed), digest(text:reverse()))

local grown = ""
for i = 1, 3000 do grown = grown .. string.char(97 + i % 26):rep(i % 19) end
print(#grown, grown:sub(1234, 1260), digest(grown))
print(string.format("%5.2f|%x|%q|%-8s|%i", 2.5, 255, "a\nb", "left", 7))
print(#string.pack("<i4z d", 7, "text", 2.5), string.unpack("<i4z", string.pack("<i4z", 9, "back")))
for _, c in utf8.codes("aΩ漢🧠") do io.write(c, " ") end
print(utf8.len("aΩ漢🧠"))

local Point = {}
Point.__index = Point
Point.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Point) end
Point.__tostring = function(p) return "(" .. p.x .. "," .. p.y .. ")" end
local total = setmetatable({ x = 0, y = 0 }, Point)
for i = 1, 50000 do total = total + setmetatable({ x = i, y = -i }, Point) end
print(tostring(total))

local closures = {}
for i = 1, 20000 do local c = i; closures[i] = function(d) c = c + d; return c end end
sum = 0
for _, f in ipairs(closures) do sum = sum + f(2) end
print(sum)

local function generate(limit)
  return coroutine.wrap(function() for i = 1, limit do coroutine.yield(i * i) end end)
end
sum = 0
for i = 1, 1000 do for v in generate(i % 20) do sum = sum + v end end
print(sum)
local threads = {}
for i = 1, 3000 do threads[i] = coroutine.create(function(x) while true do x = x + coroutine.yield(x) end end) end
sum = 0
for i, co in ipairs(threads) do coroutine.resume(co, i); local _, v = coroutine.resume(co, 5); sum = sum + v end
print(sum)

local ended = 0
for i = 1, 3000 do
  local cycle = setmetatable({ pad = ("p"):rep(i % 500) }, { __gc = function() ended = ended + 1 end })
  cycle.self = cycle
end
collectgarbage(); collectgarbage()
print(ended >= 2999)
local weak = setmetatable({}, { __mode = "v" })
for i = 1, 1000 do weak[i] = { i } end
collectgarbage()
print(next(weak))
collectgarbage("generational")
for round = 1, 30 do
  local junk = {}
  for i = 1, 3000 do junk[i] = { round, tostring(i), { i } } end
end
collectgarbage("incremental")

local source = {}
for i = 1, 2000 do source[i] = "local function f" .. i .. "(x) return x + " .. i .. " end R[" .. i .. "] = f" .. i .. (i % 100 == 0 and " end do" or "") end
R = {}
assert(load("do " .. table.concat(source, "\n") .. " end"))()
sum = 0
for i = 1, 2000 do sum = sum + R[i](1) end
print(sum)
print((select(2, pcall(error, { code = 42 }))).code, select("#", table.unpack({}, 1, 200)))
local function dive(n) return 1 + dive(n + 1) end
local ok, message = pcall(dive, 1)
print(ok, message:match("stack overflow"))
local deque, first, last = {}, 1, 0
for i = 1, 100000 do last = last + 1; deque[last] = i; if i % 3 == 0 then deque[first] = nil; first = first + 1 end end
print(last - first + 1, deque[first], deque[last])
