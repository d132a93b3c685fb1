-- SPDX-License-Identifier: Apache-2.0
-- Strings, patterns, tables, packing.
local text = [[The quick brown fox jumps over the lazy dog 12345 times, (nested (parens)) and x=1, y=22.]]
for word, value in text:gmatch("(%w+)=(%d+)") do print(word, value) end
print(text:gsub("%f[%w]%l+", string.upper, 3))
print(text:match("%b()"), text:find("lazy", 1, true), text:rep(2, "|"):len())
print(text:reverse():sub(-9, -1), ("%q"):format('a "quoted"\n\0line'))
print(("x"):rep(10, ","), ("abc"):byte(1, -1), string.char(72, 105))
print(pcall(string.rep, "x", 1 << 40))
print(utf8.char(228, 8364, 128512), utf8.len("äöü€"), #utf8.char(0x7FFFFFFF))
for at, code in utf8.codes("a€😀") do io.write(at, "=", code, " ") end
print()

local packed = string.pack("<i4 >I8 z s1 d j", -2, 1 << 40, "zero", "counted", 0.1, math.mininteger)
print(#packed, string.unpack("<i4 >I8 z s1 d j", packed))
print((packed:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))

local t = {}
for i = 1, 500 do t[i] = (i * 7919) % 1009 end
table.sort(t, function(x, y) return x > y end)
print(table.concat(t, ",", 1, 20), table.unpack(t, 498, 500))
print(#table.move({1, 2, 3}, 1, 3, 3, {}), table.remove({5, 6, 7}, 1), select("#", table.unpack({}, 1, 3)))
print(pcall(table.sort, {3, 1, "x"}))

-- A hash over many string operations, sensitive to any wrong byte.
local hash = 5381
for i = 1, 20000 do
  local s = ("%d:%s:%x"):format(i, ("ab"):rep(i % 13), i * i)
  for j = 1, #s, 3 do hash = (hash * 33 ~ s:byte(j)) & 0xFFFFFFFFFFFF end
end
print(hash)
