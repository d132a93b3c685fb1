-- Spectral norm and a sieve: floating point and integer loops in the interpreter.
local function a(i, j) local ij = i + j - 1 return 1.0 / (ij * (ij - 1) * 0.5 + i) end
local function times(x, n, transposed)
  local y = {}
  for i = 1, n do
    local sum = 0
    for j = 1, n do sum = sum + x[j] * (transposed and a(j, i) or a(i, j)) end
    y[i] = sum
  end
  return y
end
local n, u = 220, {}
for i = 1, n do u[i] = 1 end
local v
for _ = 1, 6 do
  v = times(times(u, n), n, true)
  u = times(times(v, n), n, true)
end
local uv, vv = 0, 0
for i = 1, n do uv, vv = uv + u[i] * v[i], vv + v[i] * v[i] end
print(string.format("%.9f", math.sqrt(uv / vv)))
local sieve, primes = {}, 0
for i = 2, 2000000 do
  if not sieve[i] then
    primes = primes + 1
    for j = i * i, 2000000, i do sieve[j] = true end
  end
end
print(primes)
