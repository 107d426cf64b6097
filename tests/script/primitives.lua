--- primitives.lua - what each primitive's record promises, on random inputs.
-- Run by test_primitives.c, which gives RECORDS and report(passed, name, why).
-- Everything is in f64 unless said; h = 1e-5 balances the truncation of a
-- central difference (h^2) against rounding (1e-16 / h).

local ritz = require "ritz"

local H = 1e-5

local function shape_of(text)
  local shape = {}
  for n in text:gmatch("%d+") do shape[#shape + 1] = math.tointeger(n) end
  return shape
end

--- Random in the record's domain, at least 0.05 away from its kinks.
local function draw(record, text, seed, batch)
  local shape = shape_of(text)
  if batch then table.insert(shape, 1, batch) end
  local u = ritz.uniform { shape = shape, key = ritz.key(seed), dtype = "f64" }
  local x = u * (record.high - record.low) + record.low
  for _, kink in ipairs(record.kinks) do
    x = ritz.where(ritz.less(ritz.abs(x - kink), 0.05), x + 0.11, x)
  end
  return x
end

local function worst(a, b)
  if a:numel() == 0 then return 0 end
  return ritz.max(ritz.abs(a - b)):item()
end

local function scale(a)
  if a:numel() == 0 then return 1 end
  return math.max(1, ritz.max(ritz.abs(a)):item())
end

local function close(a, b, tolerance, name)
  local same = #a.shape == #b.shape
  for i = 1, #a.shape do same = same and a.shape[i] == b.shape[i] end
  if not same then return report(false, name .. " (shapes)") end
  local distance = worst(a, b)
  report(distance <= tolerance * scale(b), name,
    ("difference %g, allowed %g"):format(distance, tolerance * scale(b)))
end

local function equal_bits(a, b, name)
  local same = a.dtype == b.dtype and #a.shape == #b.shape
  for i = 1, #a.shape do same = same and a.shape[i] == b.shape[i] end
  if same and a:numel() > 0 then
    local p, q = ritz.reshape(a, { -1 }):totable(), ritz.reshape(b, { -1 }):totable()
    for i = 1, #p do
      same = same and (p[i] == q[i] or (p[i] ~= p[i] and q[i] ~= q[i]))
    end
  end
  report(same, name, tostring(a) .. " against " .. tostring(b))
end

local function samples_of(record)
  if #record.samples > 0 then return record.samples end
  local name = "ritz." .. record.name
  if record.tensors == 1 then
    local call = name .. "(x)"
    return { { call = call, "2,3" }, { call = call, "" }, { call = call, "0,3" },
      { call = call, "70" } }
  end
  local call = name .. "(x, y)"
  return { { call = call, "2,3", "2,3" }, { call = call, "2,3", "3" },
    { call = call, "", "2,3" }, { call = call, "0,3", "3" } }
end

local function unpacked(list, n) return table.unpack(list, 1, n) end

--- The sample as a function of its operands, and the operands.
local function prepare(record, sample)
  local f = assert(load("local ritz = ...; return function(x, y, z) return "
    .. sample.call .. " end"))(ritz)
  local operands = {}
  for i = 1, #sample do operands[i] = draw(record, sample[i], 10 * i + 1) end
  return f, operands
end

local function is_float(t) return t.dtype == "f64" or t.dtype == "f32" end

--- sum(w * f): a scalar whose gradient is the vjp for w.
local function weighed(f, w)
  return function(...) return ritz.sum(f(...) * w) end
end

--- Derivative of `loss` in operand i, element by element.
local function differences(loss, operands, i)
  local flat = ritz.reshape(operands[i], { -1 })
  local n, slopes = flat:numel(), {}
  local at = ritz.arange(1, n + 1, { dtype = "f64" })
  for k = 1, n do
    local hit = ritz.equal(at, k) * H
    local args = { table.unpack(operands) }
    args[i] = ritz.reshape(flat + hit, operands[i].shape)
    local up = loss(unpacked(args, #operands)):item()
    args[i] = ritz.reshape(flat - hit, operands[i].shape)
    slopes[k] = (up - loss(unpacked(args, #operands)):item()) / (2 * H)
  end
  if n == 0 then return operands[i] end
  return ritz.reshape(ritz.tensor(slopes, "f64"), operands[i].shape)
end

local function grad_in(loss, i)
  return ritz.grad(loss, { wrt = i })
end

local function check_first_order(name, f, operands, w)
  local loss = weighed(f, w)
  for i = 1, #operands do
    local slope = grad_in(loss, i)(unpacked(operands, #operands))
    close(slope, differences(loss, operands, i), 1e-7,
      ("%s: vjp in operand %d against differences"):format(name, i))
    local v = ritz.cos(operands[i] * 3 + 1)
    local along = function(x)
      local args = { table.unpack(operands) }
      args[i] = x
      return f(unpacked(args, #operands))
    end
    local _, tangent = ritz.jvp(along, operands[i], v)
    close(ritz.sum(tangent * w), ritz.sum(slope * v), 1e-12,
      ("%s: jvp against vjp in operand %d"):format(name, i))
  end
end

--- Gradient of sum(g * u), g the gradient in operand i, for each operand.
local function check_second_order(name, f, operands, w)
  -- A square makes the second derivative of linear functions visible too.
  local loss = function(...) return ritz.sum(ritz.square(f(...)) * w) end
  for i = 1, #operands do
    local u = ritz.sin(operands[i] * 2 + 0.5)
    local slope = function(...)
      return ritz.sum(grad_in(loss, i)(...) * u)
    end
    for k = 1, #operands do
      local second = grad_in(slope, k)(unpacked(operands, #operands))
      close(second, differences(slope, operands, k), 1e-6,
        ("%s: second derivative in operands %d, %d"):format(name, i, k))
    end
    local along = function(x)
      local args = { table.unpack(operands) }
      args[i] = x
      return (grad_in(loss, i)(unpacked(args, #operands)))
    end
    local _, forward = ritz.jvp(along, operands[i], u)
    local reverse = grad_in(slope, i)(unpacked(operands, #operands))
    close(forward, reverse, 1e-12,
      ("%s: forward over reverse against reverse over reverse, operand %d"):format(name, i))
  end
end

local BATCH = 3

--- vmap over each non-empty choice of operands, against a loop.
local function check_vmap(record, sample, name, f, operands)
  for mask = 1, (1 << #operands) - 1 do
    local args, axes = { table.unpack(operands) }, {}
    for i = 1, #operands do
      axes[i] = mask & (1 << (i - 1)) ~= 0 and 1 or false
      if axes[i] then args[i] = draw(record, sample[i], 40 + i, BATCH) end
    end
    local got = ritz.vmap(f, { in_axes = axes })(unpacked(args, #operands))
    local label = ("%s: vmap of operands %s against a loop"):format(name,
      table.concat((function()
        local out = {}
        for i = 1, #operands do out[#out + 1] = axes[i] and tostring(i) or nil end
        return out
      end)(), ","))
    for b = 1, BATCH do
      local one = { table.unpack(args) }
      for i = 1, #operands do if axes[i] then one[i] = args[i][b] end end
      local want = f(unpacked(one, #operands))
      if record.product then
        close(got[b], want, 1e-14, label)
      else
        equal_bits(got[b], want, label)
      end
    end
  end
end

local function check_vmap_of_grad(record, sample, name, f, operands, w)
  local xs = draw(record, sample[1], 77, BATCH)
  local loss = function(x)
    return ritz.sum(f(x, table.unpack(operands, 2, #operands)) * w)
  end
  local got = ritz.vmap(ritz.grad(loss))(xs)
  for b = 1, BATCH do
    close(got[b], (ritz.grad(loss)(xs[b])), 1e-13, name .. ": vmap of grad")
  end
end

local function check_values(name, f, operands)
  local out = f(unpacked(operands, #operands))
  if #operands > 0 then
    equal_bits(ritz.jit(f)(unpacked(operands, #operands)), out, name .. ": jit against eager")
    if is_float(out) then
      local narrow = {}
      for i = 1, #operands do narrow[i] = operands[i]:to "f32" end
      local single = f(unpacked(narrow, #operands))
      close(single:to "f64", out, 2e-5, name .. ": f32 against f64")
    end
  end
  return out
end

local function check_sample(record, sample)
  local f, operands = prepare(record, sample)
  local label = {}
  for i = 1, #sample do label[i] = "[" .. sample[i] .. "]" end
  local name = sample.call .. " " .. table.concat(label, " ")
  local out = check_values(name, f, operands)
  if #operands == 0 then return end
  check_vmap(record, sample, name, f, operands)
  if record.no_derivative then
    if is_float(out) then
      local function total(...) return ritz.sum(f(...)) end
      local slope = ritz.grad(total)(unpacked(operands, #operands))
      close(slope, ritz.zeros_like(operands[1]), 0, name .. ": has derivative 0")
    end
    return
  end
  local w = ritz.normal { shape = out.shape, key = ritz.key(5), dtype = "f64" }
  check_first_order(name, f, operands, w)
  check_second_order(name, f, operands, w)
  check_vmap_of_grad(record, sample, name, f, operands, w)
end

local function check_refusals(record)
  for _, refusal in ipairs(record.refusals) do
    local f = assert(load("local ritz = ...; return " .. refusal.call))
    local done, message = pcall(f, ritz)
    report(not done and tostring(message):find(refusal.message, 1, true) ~= nil,
      refusal.call .. ": is refused", "got " .. tostring(message))
  end
end

for _, record in ipairs(RECORDS) do
  if record.module then
    for _, sample in ipairs(samples_of(record)) do
      local done, why = xpcall(check_sample, debug.traceback, record, sample)
      if not done then report(false, sample.call .. ": runs", why) end
    end
    check_refusals(record)
  end
end
