-- SPDX-License-Identifier: Apache-2.0
-- The language: numbers, closures, metatables, coroutines, errors, collection.
print(7 // 2, -7 // 2, 7 % -3, 7.5 // 2, 2 ^ 53, 1 / 3, 10 // 0.0, -1 >> 60, 3 | 8 ~ 1)
print(math.maxinteger + 1 == math.mininteger, math.tointeger(3.0), math.type(1), math.type(1.0))
print(math.ult(1, -1), math.fmod(-7, 3), string.format("%.14g %a %5.1f %x", math.pi, 1.5, 2.25, 255))
for _, x in ipairs({0.1, 1e300, -1e-300, 123456789.125}) do
  print(math.sin(x), math.exp(x % 3), math.log(math.abs(x)), math.sqrt(math.abs(x)), math.atan(x, 2))
end
print(pcall(function() return 1 // 0 end))
print(tonumber("0x1p4"), tonumber("  12  "), tonumber("z", 36), tonumber("1e"), "10" + 5)

local function counter()
  local n = 0
  return function() n = n + 1 return n end
end
local a, b = counter(), counter()
print(a(), a(), b(), a())

local V = {}
V.__index = V
V.__add = function(p, q) return setmetatable({x = p.x + q.x}, V) end
V.__eq = function(p, q) return p.x == q.x end
V.__lt = function(p, q) return p.x < q.x end
V.__le = function(p, q) return p.x <= q.x end
V.__call = function(self, y) return self.x * y end
V.__tostring = function(self) return "V(" .. self.x .. ")" end
V.__concat = function(p, q) return tostring(p) .. "&" .. tostring(q) end
V.__len = function() return 42 end
local p, q = setmetatable({x = 1}, V), setmetatable({x = 2}, V)
print(tostring(p + q), p == q, p < q, p <= q, p(10), p .. q, #p)

local function permutations(list, n)
  n = n or #list
  if n <= 1 then coroutine.yield(table.concat(list, " ")) return end
  for i = 1, n do
    list[n], list[i] = list[i], list[n]
    permutations(list, n - 1)
    list[n], list[i] = list[i], list[n]
  end
end
for line in coroutine.wrap(function() permutations({1, 2, 3, 4}) end) do io.write(line, "; ") end
print()

local co = coroutine.create(function(...)
  local got = select("#", ...)
  while true do got = coroutine.yield(got) if got == "stop" then error({code = 7}) end end
end)
print(coroutine.resume(co, 1, 2, 3))
print(coroutine.resume(co, "x"), coroutine.status(co))
local ok, err = coroutine.resume(co, "stop")
print(ok, type(err), err.code, coroutine.status(co))

for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto continue end
    io.write(i, ":", j, " ")
    ::continue::
  end
end
print()

do
  local log = {}
  local closing = setmetatable({}, {__close = function() log[#log + 1] = "closed" end})
  pcall(function() local c <close> = closing error("inside") end)
  local k <const> = 5
  print(log[1], k)
end

print(select(2, pcall(error, "message", 0)))
print(select(2, xpcall(function() local t = nil; return t.x end, function(m) return "handled: " .. m end)))
-- Deep recursion ends with an error, not a crash.
local function deep(n) return 1 + deep(n + 1) end
ok, err = pcall(deep, 1)
print(ok, (tostring(err):gsub("stack overflow.*", "stack overflow")))

local weak = setmetatable({}, {__mode = "k"})
for i = 1, 1000 do weak[{}] = i end
collectgarbage()
print(next(weak), collectgarbage("isrunning"))
collectgarbage("generational")
local keep = {}
for i = 1, 200000 do keep[i % 100] = {i, tostring(i)} end
collectgarbage("incremental")
print(keep[7][2])
print(load("return ...", "chunk", "t", {})(99), load("syntax error here"))
