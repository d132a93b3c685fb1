-- String building, patterns, tables keyed by strings.
local words, seed = {}, 42
for i = 1, 20000 do
  seed = (seed * 1103515245 + 12345) % 2147483648
  words[i] = string.format("w%x_%d", seed, i % 100)
end
local counts, matched = {}, 0
for round = 1, 12 do
  for _, word in ipairs(words) do
    local key = word:sub(1, 4)
    counts[key] = (counts[key] or 0) + 1
    if word:find("^w%x+_4%d$") then matched = matched + 1 end
  end
end
local keys = {}
for key in pairs(counts) do keys[#keys + 1] = key end
table.sort(keys)
print(#keys, matched, #table.concat(words, ","))
