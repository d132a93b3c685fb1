-- Allocation and pointer chasing.
local function make(depth)
  if depth == 0 then return {} end
  return {make(depth - 1), make(depth - 1)}
end
local function count(tree) return tree[1] and 1 + count(tree[1]) + count(tree[2]) or 1 end
local total = 0
for _ = 1, 24 do total = total + count(make(14)) end
print(total)
