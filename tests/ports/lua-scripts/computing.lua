-- SPDX-License-Identifier: Apache-2.0
-- Longer computations whose results show every digit.
local function spectral_norm(n)
  local function a(i, j) local ij = i + j - 1 return 1.0 / (ij * (ij - 1) * 0.5 + i) end
  local function multiply(x, transpose)
    local y = {}
    for i = 1, n do
      local s = 0
      for j = 1, n do s = s + (transpose and a(j, i) or a(i, j)) * x[j] end
      y[i] = s
    end
    return y
  end
  local u, v = {}, nil
  for i = 1, n do u[i] = 1 end
  for _ = 1, 6 do
    v = multiply(multiply(u), true)
    u = multiply(multiply(v), true)
  end
  local uv, vv = 0, 0
  for i = 1, n do uv, vv = uv + u[i] * v[i], vv + v[i] * v[i] end
  return math.sqrt(uv / vv)
end
print(("%.17g"):format(spectral_norm(80)))

local function queens(n)
  local count, columns, up, down = 0, {}, {}, {}
  local function place(row)
    if row > n then count = count + 1 return end
    for c = 1, n do
      if not (columns[c] or up[row + c] or down[row - c]) then
        columns[c], up[row + c], down[row - c] = true, true, true
        place(row + 1)
        columns[c], up[row + c], down[row - c] = nil, nil, nil
      end
    end
  end
  place(1)
  return count
end
print(queens(8))

local function mandelbrot(size)
  local bits = {}
  for y = 0, size - 1 do
    for x = 0, size - 1 do
      local cr, ci, zr, zi, n = 2 * x / size - 1.5, 2 * y / size - 1, 0, 0, 0
      while n < 50 and zr * zr + zi * zi < 4 do zr, zi, n = zr * zr - zi * zi + cr, 2 * zr * zi + ci, n + 1 end
      bits[#bits + 1] = n == 50 and "#" or "."
    end
    bits[#bits + 1] = "\n"
  end
  return table.concat(bits)
end
io.write(mandelbrot(48))

-- 1000 digits of pi with a spigot, on integers.
local function pi(digits)
  local out, len = {}, digits * 10 // 3 + 1
  local a, nines, predigit = {}, 0, 0
  for i = 1, len do a[i] = 2 end
  for _ = 1, digits do
    local q = 0
    for i = len, 1, -1 do
      local x = 10 * a[i] + q * i
      a[i] = x % (2 * i - 1)
      q = x // (2 * i - 1)
    end
    a[1] = q % 10
    q = q // 10
    if q == 9 then nines = nines + 1
    elseif q == 10 then
      out[#out + 1] = predigit + 1
      for _ = 1, nines do out[#out + 1] = 0 end
      predigit, nines = 0, 0
    else
      out[#out + 1] = predigit
      predigit = q
      for _ = 1, nines do out[#out + 1] = 9 end
      nines = 0
    end
  end
  return table.concat(out)
end
print(pi(400))

math.randomseed(42, 7)
local sum = 0
for _ = 1, 10000 do sum = sum + math.random(1, 1000) end
print(sum, math.random(0), ("%.17g"):format(math.random()))
