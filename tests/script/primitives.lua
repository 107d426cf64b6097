--- primitives.lua - what each primitive's record promises, on random inputs.
-- Run by test_primitives.c, which gives RECORDS and report(passed, name, why).
-- Everything is in f64 unless said. Differences are of fourth order: with a step of 1e-3
-- truncation is some 1e-13 of the fifth derivative, and rounding 1e-13.

local ritz = require "ritz"

local STEP = 1e-3

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

--- The operands with `x` in place i.
local function with(operands, i, x)
  local args = { table.unpack(operands) }
  args[i] = x
  return args
end

--- Slope of a function of one number at 0, to fourth order in the step.
local function slope_at_zero(f)
  return (8 * (f(STEP) - f(-STEP)) - (f(2 * STEP) - f(-2 * STEP))) / (12 * STEP)
end

--- Derivative of `loss` in operand i, element by element.
local function differences(loss, operands, i)
  local flat = ritz.reshape(operands[i], { -1 })
  local n, slopes = flat:numel(), {}
  local at = ritz.arange(1, n + 1, { dtype = "f64" })
  for k = 1, n do
    local hit = ritz.equal(at, k)
    slopes[k] = slope_at_zero(function(h)
      local x = ritz.reshape(flat + hit * h, operands[i].shape)
      return loss(unpacked(with(operands, i, x), #operands)):item()
    end)
  end
  if n == 0 then return operands[i] end
  return ritz.reshape(ritz.tensor(slopes, "f64"), operands[i].shape)
end

--- Derivative of `loss` along v in operand i.
local function difference_along(loss, operands, i, v)
  return slope_at_zero(function(h)
    return loss(unpacked(with(operands, i, operands[i] + v * h), #operands)):item()
  end)
end

--- f as a function of operand i alone.
local function alone(f, operands, i)
  return function(x) return (f(unpacked(with(operands, i, x), #operands))) end
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
    local _, tangent = ritz.jvp(alone(f, operands, i), operands[i], v)
    close(ritz.sum(tangent * w), ritz.sum(slope * v), 1e-12,
      ("%s: jvp against vjp in operand %d"):format(name, i))
  end
end

--- Gradient of sum(g * u), g the gradient in operand i.
local function along_gradient(loss, i, u)
  return function(...) return ritz.sum((grad_in(loss, i)(...)) * u) end
end

--- Second derivatives in each pair of operands, and forward over reverse.
local function check_second_order(name, loss, operands)
  for i = 1, #operands do
    local u = ritz.sin(operands[i] * 2 + 0.5)
    local slope = along_gradient(loss, i, u)
    for k = 1, #operands do
      local second = grad_in(slope, k)(unpacked(operands, #operands))
      close(second, differences(slope, operands, k), 1e-7,
        ("%s: second derivative in operands %d, %d"):format(name, i, k))
    end
    local gradient = alone(grad_in(loss, i), operands, i)
    local _, forward = ritz.jvp(gradient, operands[i], u)
    local reverse = grad_in(slope, i)(unpacked(operands, #operands))
    close(forward, reverse, 1e-12,
      ("%s: forward over reverse against reverse over reverse, operand %d"):format(name, i))
  end
end

--- Third derivatives: twice along directions in operand i, then in operand k along a
-- third one against differences; and forward mode three times.
local function check_third_order(name, loss, operands)
  for i = 1, #operands do
    local u, v = ritz.sin(operands[i] * 2 + 0.5), ritz.cos(operands[i] + 0.2)
    local second = along_gradient(along_gradient(loss, i, u), i, v)
    for k = 1, #operands do
      local d = ritz.sin(operands[k] * 3 + 1)
      local third = grad_in(second, k)(unpacked(operands, #operands))
      local got, want = ritz.sum(third * d):item(), difference_along(second, operands, k, d)
      report(math.abs(got - want) <= 1e-7 * math.max(1, math.abs(want)),
        ("%s: third derivative in operands %d, %d, %d"):format(name, i, i, k),
        ("got %.17g, want %.17g"):format(got, want))
      if k == i then
        local function once(x) return select(2, ritz.jvp(alone(loss, operands, i), x, u)) end
        local function twice(x) return select(2, ritz.jvp(once, x, v)) end
        local _, forward = ritz.jvp(twice, operands[i], d)
        report(math.abs(forward:item() - got) <= 1e-11 * math.max(1, math.abs(got)),
          ("%s: forward three times against reverse, operand %d"):format(name, i),
          ("forward %.17g, reverse %.17g"):format(forward:item(), got))
      end
    end
  end
end

local BATCH = 3

--- The products whose bits may depend on how many rows there are: OpenBLAS has kernels of
-- their own for few columns.
local function is_narrow(product) return product.shape[#product.shape] < 10 end

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
      if record.product and is_narrow(want) then
        close(got[b], want, 1e-14, label)
      else
        equal_bits(got[b], want, label)
      end
    end
  end
end

--- Gradients in f32 against those in f64.
local function check_single_gradient(name, f, operands, w)
  local narrow = {}
  for i = 1, #operands do narrow[i] = operands[i]:to "f32" end
  for i = 1, #operands do
    local weight = w:to(f(unpacked(narrow, #operands)).dtype)
    local single = grad_in(weighed(f, weight), i)(unpacked(narrow, #operands))
    local double = grad_in(weighed(f, w), i)(unpacked(operands, #operands))
    close(single:to "f64", double, 1e-4, ("%s: gradient in f32, operand %d"):format(name, i))
  end
end

--- A batch of one is the same computation: the same bits, also of gradients.
local function check_batch_of_one(name, f, operands)
  local n = #operands
  local batched = {}
  for i = 1, n do
    batched[i] = ritz.reshape(operands[i], { 1, table.unpack(operands[i].shape) })
  end
  local want = f(unpacked(operands, n))
  equal_bits(ritz.vmap(f)(unpacked(batched, n))[1], want, name .. ": a batch of one")
  equal_bits(ritz.jit(ritz.vmap(f))(unpacked(batched, n))[1], want,
    name .. ": a batch of one, jitted")
  if not is_float(want) then return end
  local slope = ritz.grad(function(...) return ritz.sum(ritz.square(f(...))) end)
  local gradient = slope(unpacked(operands, n))
  equal_bits(ritz.jit(slope)(unpacked(operands, n)), gradient, name .. ": gradient, jitted")
  equal_bits(ritz.vmap(slope)(unpacked(batched, n))[1], gradient,
    name .. ": gradient of a batch of one")
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

local function check_values(record, name, f, operands)
  local out = f(unpacked(operands, #operands))
  if #operands > 0 then
    equal_bits(ritz.jit(f)(unpacked(operands, #operands)), out, name .. ": jit against eager")
    if is_float(out) then
      local narrow = {}
      for i = 1, #operands do narrow[i] = operands[i]:to "f32" end
      local single = f(unpacked(narrow, #operands))
      close(single:to "f64", out, 2e-5, name .. ": f32 against f64")
      report(single.dtype == "f32" or record.name == "cast", name .. ": f32 stays f32",
        "got " .. single.dtype)
    end
  end
  return out
end

local function check_sample(record, sample)
  local f, operands = prepare(record, sample)
  local label = {}
  for i = 1, #sample do label[i] = "[" .. sample[i] .. "]" end
  local name = sample.call .. " " .. table.concat(label, " ")
  local out = check_values(record, name, f, operands)
  if #operands == 0 then return out end
  check_vmap(record, sample, name, f, operands)
  check_batch_of_one(name, f, operands)
  if record.no_derivative then
    if is_float(out) then
      local function total(...) return ritz.sum(f(...)) end
      local slope = ritz.grad(total)(unpacked(operands, #operands))
      close(slope, ritz.zeros_like(operands[1]), 0, name .. ": has derivative 0")
    end
    return out
  end
  local w = ritz.normal { shape = out.shape, key = ritz.key(5), dtype = "f64" }
  check_first_order(name, f, operands, w)
  -- A square makes the higher derivatives of linear functions visible too.
  local function loss(...) return ritz.sum(ritz.square(f(...)) * w) end
  check_second_order(name, loss, operands)
  check_third_order(name, loss, operands)
  check_single_gradient(name, f, operands, w)
  check_vmap_of_grad(record, sample, name, f, operands, w)
  return out
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
    local empty = false
    for _, sample in ipairs(samples_of(record)) do
      local done, out = xpcall(check_sample, debug.traceback, record, sample)
      if not done then report(false, sample.call .. ": runs", out) end
      empty = empty or (done and out:numel() == 0)
      for _, shape in ipairs(sample) do empty = empty or shape:find "%f[%d]0" ~= nil end
    end
    report(empty, record.name .. ": has a sample of size zero")
    check_refusals(record)
  end
end
