-- SPDX-License-Identifier: Apache-2.0
-- Files, the environment, time.
local name = "notes.txt"
local f <close> = assert(io.open(name, "w+"))
f:setvbuf("full", 128)
for i = 1, 1000 do f:write(i, " line of text\n") end
print(f:seek("cur"), f:seek("set", 100), f:read("l"), f:read("n"), f:read(5))
print(f:seek("end", -20), f:read("a"))
f:seek("set")
local sum = 0
for line in f:lines("L") do sum = sum + #line end
print(sum)
assert(f:close())
print(pcall(f.read, f))

local g = assert(io.open(name, "a"))
g:write("appended\n")
g:close()
local count = 0
for _ in io.lines(name) do count = count + 1 end
print(count, select("#", io.lines(name)))
print(os.rename(name, "renamed.txt"), io.open(name))
print(os.remove("missing.txt"))
print(os.rename("renamed.txt", name), io.type(f), io.type(io.stdout))
print(os.getenv("HOME"), os.getenv("NOT_SET"))
print(os.date("!%Y-%m-%d %H:%M:%S", 1e9), os.time({year = 2001, month = 9, day = 9, hour = 12}))
print(os.clock() >= 0, os.difftime(5, 3), math.abs(os.time() - os.time()) <= 1)
local t = os.tmpname()
local h = assert(io.open(t, "wb"))
h:write(("\0\255"):rep(70000))
h:close()
print(#assert(io.open(t, "rb")):read("a"), os.remove(t), io.open(t) == nil)
io.stderr:write("to standard error\n")
os.exit(true, true)
