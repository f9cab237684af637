-- SPDX-License-Identifier: BSD-2-Clause
-- Tables of tables of strings, a third of the keys removed on the way.
local tables = {}
for i = 0, 450000 do
  local key = "key" .. (i * 7919 % 90001)
  local rows = tables[key] or {}
  rows[#rows + 1] = string.rep(i .. ",", i % 9)
  tables[key] = rows
  if i % 3 == 0 then tables["key" .. (i * 104729 % 90001)] = nil end
end
local length = 0
for _, rows in pairs(tables) do length = length + #table.concat(rows, ";") end
print(length)
