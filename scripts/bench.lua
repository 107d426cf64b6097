-- bench.lua - how far training steps are from what this machine can do.
--
--   scripts/bench [SECONDS]       how long each figure is measured, default 1
--
-- The floor of a step is the time of its multiplications at the best rate that
-- products reach here, plus its tanh at their rate, plus the bytes that must
-- move (parameters and their memory, read and written once, and the batch) at
-- the rate of a triad on arrays beyond every cache. Times are medians: on a
-- machine that does other work too they are too high, the fastest less so. A
-- table for people, then one line of JSON.

local ritz = require "ritz"
local internal = require "ritz.internal"
local nn, optim, run = ritz.nn, ritz.optim, ritz.run

local SECONDS = tonumber(arg and arg[1]) or 1.0
local BATCH = 128

--- Median and least seconds of f(), over as many calls as fit in the time.
local function measure(f)
    local clock, times = run.clock, {}
    for _ = 1, 3 do f() end
    local start = clock()
    repeat
        local before = clock()
        f()
        local after = clock()
        times[#times + 1] = after - before
    until after - start > SECONDS and #times >= 5
    table.sort(times)
    return times[#times // 2 + 1], times[1]
end

-- What the machine does.

--- The best rate of a chain of square products, in operations a second.
local function product_rate()
    local best, chain = 0, 8
    for _, n in ipairs { 128, 256, 512 } do
        local a, b = ritz.normal { n, n } * (1 / math.sqrt(n)), ritz.normal { n, n }
        local f = ritz.jit(function(x, y)
            for _ = 1, chain do y = ritz.matmul(x, y) end
            return y
        end)
        local _, least = measure(function() f(a, b) end)
        best = math.max(best, chain * 2 * n ^ 3 / least)
    end
    return best
end

--- Bytes a second of z = x + 3 y: two arrays read, one written.
local function triad_rate()
    local n = 2 ^ 24
    local x, y = ritz.ones { n }, ritz.ones { n }
    local f = ritz.jit(function(u, v) return u + v * 3 end)
    local _, least = measure(function() f(x, y) end)
    return 12 * n / least
end

--- Elements of tanh a second, in cache.
local function tanh_rate()
    local x, chain = ritz.normal { 128, 64 }, 16
    local f = ritz.jit(function(u)
        for _ = 1, chain do u = ritz.tanh(u) end
        return u
    end)
    local _, least = measure(function() f(x) end)
    return chain * 128 * 64 / least
end

local function machine()
    return { products = product_rate(), bytes = triad_rate(), tanh = tanh_rate() }
end

-- Training steps.

local networks = {
    { name = "784-128-10 relu", sizes = { 784, 128, 10 }, bend = "relu" },
    { name = "2-64-64-2 tanh", sizes = { 2, 64, 64, 2 }, bend = "tanh" },
}

local function model_of(network)
    local layers, sizes = {}, network.sizes
    for i = 1, #sizes - 1 do
        layers[#layers + 1] = nn.linear(sizes[i], sizes[i + 1])
        if i < #sizes - 1 then layers[#layers + 1] = nn[network.bend]() end
    end
    return nn.sequential(layers)
end

--- Forward, and back for the weights, a product each; back for the inputs too,
-- but not for those of the first layer.
local function floor_of(network, rate)
    local operations, parameters, bends = 0, 0, 0
    local sizes = network.sizes
    for i = 1, #sizes - 1 do
        local products = i == 1 and 2 or 3
        operations = operations + products * 2 * BATCH * sizes[i] * sizes[i + 1]
        parameters = parameters + sizes[i] * sizes[i + 1] + sizes[i + 1]
        if i < #sizes - 1 and network.bend == "tanh" then bends = bends + BATCH * sizes[i + 1] end
    end
    -- Adam reads and writes a parameter and its two means; the batch is read once.
    local bytes = 4 * (6 * parameters + BATCH * sizes[1])
    return operations / rate.products + bends / rate.tanh + bytes / rate.bytes
end

local function bench_network(network, rate)
    local model, sizes = model_of(network), network.sizes
    local batch = {
        x = ritz.normal({ BATCH, sizes[1] }, { key = ritz.key(1) }),
        y = ritz.randint({ BATCH }, { low = 1, high = sizes[#sizes], key = ritz.key(2) }),
    }
    local o = optim.adam { lr = 1e-3 }
    local p = model.init { seed = 1 }
    local s = o.init(p)
    local function loss(q, b) return nn.cross_entropy(model(q, b.x), b.y) end
    local step
    local function advance()
        local l
        l, p, s = step(p, s, batch)
        return l
    end
    local first = math.huge
    for _ = 1, 5 do -- each is traced and compiled anew
        step = ritz.jit(function(q, memory, b)
            local l, g = ritz.value_and_grad(loss)(q, b)
            q, memory = o.update(q, g, memory)
            return l, q, memory
        end, { donate = { 1, 2 } })
        local before = run.clock()
        advance()
        first = math.min(first, run.clock() - before)
    end
    local median, least = measure(advance)
    local floor = floor_of(network, rate)
    return { name = network.name, threads = internal.threads(), median_us = median * 1e6,
        least_us = least * 1e6, floor_us = floor * 1e6, ratio = median / floor,
        compile_ms = (first - least) * 1e3 }
end

local function bench_product()
    local a, b = ritz.normal { 4096, 784 }, ritz.normal { 784, 128 }
    local f = ritz.jit(ritz.matmul)
    local median, least = measure(function() f(a, b) end)
    return { name = "4096x128x784 product", threads = internal.threads(), median_us = median * 1e6,
        least_us = least * 1e6, gflops = 2 * 4096 * 128 * 784 / median * 1e-9 }
end

-- What is said.

local function json(value)
    if type(value) == "string" then return ("%q"):format(value) end
    if type(value) ~= "table" then return ("%.6g"):format(value) end
    local parts = {}
    if #value > 0 then
        for i, v in ipairs(value) do parts[i] = json(v) end
        return "[" .. table.concat(parts, ", ") .. "]"
    end
    for key, v in next, value do parts[#parts + 1] = ("%q: %s"):format(key, json(v)) end
    table.sort(parts)
    return "{" .. table.concat(parts, ", ") .. "}"
end

local function print_machine(threads, rate)
    print(("%d thread%s: products %.1f GFLOP/s, triad %.1f GB/s, tanh %.2f ns"):format(threads,
        threads == 1 and "" or "s", rate.products * 1e-9, rate.bytes * 1e-9, 1e9 / rate.tanh))
end

local function print_result(r)
    print(("  %-22s %9.1f us  fastest %9.1f  %s"):format(r.name, r.median_us, r.least_us,
        r.floor_us and ("floor %7.1f  ratio %.2f  trace and compile %.1f ms"):format(r.floor_us,
            r.ratio, r.compile_ms) or ("%.1f GFLOP/s"):format(r.gflops)))
end

local all = { machine = {}, results = {} }
local most = internal.threads()
local products = {}
for threads = 1, most do
    internal.threads(threads)
    local rate = machine()
    print_machine(threads, rate)
    all.machine[threads] = { threads = threads, gflops = rate.products * 1e-9,
        gigabytes = rate.bytes * 1e-9, tanh_ns = 1e9 / rate.tanh }
    for _, network in ipairs(networks) do
        local r = bench_network(network, rate)
        all.results[#all.results + 1] = r
        print_result(r)
    end
    products[threads] = bench_product()
    all.results[#all.results + 1] = products[threads]
    print_result(products[threads])
end
if products[2] then
    all.speedup = products[1].least_us / products[2].least_us
    print(("product with two threads: %.2f times as fast"):format(all.speedup))
end
print(json(all))
