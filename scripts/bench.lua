-- bench.lua - what a training step costs, beside what the machine allows.
--
-- The floor of a step is what no implementation can save: its multiply-adds at
-- the best rate that products reach here, its functions at their cost in cache,
-- and parameters and the optimiser's memory read and written once at the rate of
-- memory. All of it is measured in the same rounds as the steps, and each call is
-- timed on its own, so that ratios mean something on a machine that others use
-- too: most calls fall between the others' turns. A rate is that of the best call;
-- a step is the median of the rounds' medians, with the best call beside it.
-- Nothing is required of the figures.

local options = require "ritz.options"
local ritz = require "ritz"

local nn, optim, clock = ritz.nn, ritz.optim, ritz.run.clock

local BATCH, F32 = 128, 4
local CHUNK = 8 -- megabytes of an array that one call of the triad takes
local THREADS = { 1, 2 }

local params = {
    { name = "ours", kind = "boolean",
        doc = "measure ritz alone, which is all there is yet" },
    { name = "json", kind = "text", doc = "a file to write all figures to" },
    { name = "rounds", kind = "integer", default = 25, low = 1, high = 1000,
        doc = "how often everything is measured" },
    { name = "seconds", kind = "number", default = 0.005, low = 0, high = 60,
        doc = "time that a measurement in a round takes" },
    { name = "steps", kind = "integer", low = 1, high = 1e6,
        doc = "calls in a measurement, instead of seconds" },
    { name = "megabytes", kind = "integer", default = 128, low = 1, high = 1e4,
        doc = "of each of two arrays that measure memory: beyond the cache" },
}

-- The command line.

local function usage()
    local lines = { "usage: scripts/bench [options]", "" }
    for _, p in ipairs(params) do
        local value = p.kind == "boolean" and "" or " " .. p.kind:upper()
        lines[#lines + 1] = ("  --%-20s %s%s"):format(p.name .. value, p.doc,
            p.default and p.kind ~= "boolean" and (" (%s)"):format(p.default) or "")
    end
    return table.concat(lines, "\n")
end

local function kind_of(name)
    for _, p in ipairs(params) do
        if p.name == name then return p.kind end
    end
end

--- The options of words like --rounds 3, --rounds=3 and --ours.
local function parse(words)
    local given, i = {}, 1
    while words[i] do
        local name, value = words[i]:match("^%-%-([%w_]+)=?(.*)$")
        if not name then error(("bench: an option wanted, got %s"):format(words[i]), 0) end
        local kind = kind_of(name)
        if not kind then options.check("bench", params, { [name] = value }) end -- raises
        if kind == "boolean" then
            value = true
        elseif not words[i]:find("=", 1, true) then
            i = i + 1
            value = words[i]
            if not value then
                error(("bench: --%s: a value wanted, got nothing"):format(name), 0)
            end
        end
        given[name] = kind ~= "text" and tonumber(value) or value
        i = i + 1
    end
    return options.check("bench", params, given)
end

-- Measuring.

local function sorted(list)
    local copy = table.move(list, 1, #list, 1, {})
    table.sort(copy)
    return copy
end

local function median(list)
    local s = sorted(list)
    local middle = #s // 2 + 1
    return #s % 2 == 1 and s[middle] or (s[middle - 1] + s[middle]) / 2
end

local function least(list) return sorted(list)[1] end

local function seconds_of(run)
    local start = clock()
    run()
    return clock() - start
end

--- Something to time: run(), and the work that one call does. By threads: the
-- median of each round, and the best call of all.
local function new_probe(run, work)
    local probe = { run = run, work = work, median = {}, least = {} }
    for _, n in ipairs(THREADS) do probe.median[n], probe.least[n] = {}, math.huge end
    return probe
end

local function measure(probe, threads, o)
    -- Warm: the plan is compiled, memory is there, the other thread is awake.
    probe.run()
    probe.run()
    local times, start = {}, clock()
    repeat
        times[#times + 1] = seconds_of(probe.run)
    until o.steps and #times >= o.steps or not o.steps and clock() - start > o.seconds
    local medians = probe.median[threads]
    medians[#medians + 1] = median(times)
    probe.least[threads] = math.min(probe.least[threads], least(times))
end

--- Work per second in the best call.
local function rate(probe, threads) return probe.work / probe.least[threads] end

-- What the machine does.

--- Several products in one call, so that small ones do not measure the call; each
-- result goes where the last one was, so that none waits for fresh memory.
local function product_probe(m, n, k)
    local count = math.max(1, 4e6 // (m * n * k) | 0)
    local f = ritz.jit(function(a, b)
        local y = {}
        for i = 1, count do y[i] = ritz.matmul(a, b[i]) end
        return y
    end, { donate = 3 })
    local a, b, y = ritz.normal { m, k }, {}, {}
    for i = 1, count do b[i], y[i] = ritz.normal { k, n }, ritz.zeros { m, n } end
    return new_probe(function() y = f(a, b, y) end, count * 2 * m * n * k)
end

--- a + s b in the place of a: three streams, each byte of them moved once. A call
-- takes the next megabytes of arrays that no cache holds.
local function triad_probe(megabytes)
    local f = ritz.jit(function(a, b, s) return a + s * b end, { donate = 1 })
    local n, count = 2 ^ 20 * CHUNK // F32 | 0, math.max(1, megabytes // CHUNK)
    local a, b, at = {}, {}, 0
    for i = 1, count do a[i], b[i] = ritz.zeros { n }, ritz.ones { n } end
    return new_probe(function()
        at = at % count + 1
        a[at] = f(a[at], b[at], 0.5)
    end, 3 * n * F32)
end

--- f of f of f: a chain that compiles to one loop and never leaves the cache.
local function function_probe(f)
    local n, count = 2 ^ 16 | 0, 8
    local chain = ritz.jit(function(x)
        for _ = 1, count do x = f(x) end
        return x
    end)
    local x = ritz.uniform { n }
    return new_probe(function() return chain(x) end, n * count)
end

local function new_machine(o)
    return {
        -- Forward and weight gradient of the networks; then a large one.
        products = { product_probe(BATCH, 128, 784), product_probe(784, 128, BATCH),
            product_probe(BATCH, 64, 64), product_probe(4096, 128, 784) },
        memory = triad_probe(o.megabytes),
        -- What is added keeps the chains where values are of usual size.
        functions = { tanh = function_probe(ritz.tanh),
            exp = function_probe(function(x) return ritz.exp(-x) end),
            log = function_probe(function(x) return ritz.log(x + 2) end) },
    }
end

local function product_rate(machine, threads)
    local best = 0
    for _, probe in ipairs(machine.products) do best = math.max(best, rate(probe, threads)) end
    return best
end

-- The networks.

--- Multiply-adds of forward, weight gradients, and gradients of all inputs but
-- the data.
local function multiply_adds(sizes)
    local sum = 0
    for i = 1, #sizes - 1 do
        sum = sum + BATCH * sizes[i] * sizes[i + 1] * (i == 1 and 2 or 3)
    end
    return sum
end

local function new_network(net)
    local layers, hidden = {}, 0
    for i = 1, #net.sizes - 1 do
        layers[#layers + 1] = nn.linear(net.sizes[i], net.sizes[i + 1])
        if i < #net.sizes - 1 then
            layers[#layers + 1] = nn[net.activation]()
            hidden = hidden + BATCH * net.sizes[i + 1]
        end
    end
    net.name = table.concat(net.sizes, "-") .. " " .. net.activation
    net.model = nn.sequential(layers)
    net.parameters = nn.count(net.model.init { seed = 1 })
    net.flops = 2 * multiply_adds(net.sizes)
    if net.activation == "tanh" then net.calls.tanh = hidden end
    -- Parameters and two moments, each read and written.
    net.bytes = 2 * 3 * F32 * net.parameters
    net.compile = {}
    return net
end

local function networks()
    local classes = 10
    return {
        new_network { sizes = { 784, 128, classes }, activation = "relu",
            loss = nn.cross_entropy, calls = { exp = BATCH * classes, log = BATCH },
            batch = { x = ritz.normal({ BATCH, 784 }, { key = ritz.key(1) }),
                y = ritz.arange(0, BATCH, { dtype = "i64" }) % classes + 1 } },
        new_network { sizes = { 2, 64, 64, 2 }, activation = "tanh",
            loss = nn.mse, calls = {},
            batch = { x = ritz.normal({ BATCH, 2 }, { key = ritz.key(2) }),
                y = ritz.normal({ BATCH, 2 }, { key = ritz.key(3) }) } },
    }
end

--- A training step that nothing was compiled for yet, as a person writes it.
local function new_step(net)
    local optimiser = optim.adam { lr = 1e-3 }
    local p = net.model.init { seed = 1 }
    local s = optimiser.init(p)
    local function loss(q, batch) return net.loss(net.model(q, batch.x), batch.y) end
    local step = ritz.jit(function(q, memory, batch)
        local l, g = ritz.value_and_grad(loss)(q, batch)
        q, memory = optimiser.update(q, g, memory)
        return l, q, memory
    end, { donate = { 1, 2 } })
    return function()
        local l
        l, p, s = step(p, s, net.batch)
        return l
    end
end

--- Times the first call of a new step, which traces and compiles.
local function measure_compile(net)
    ritz.run.threads(1)
    local step = new_step(net)
    local first, steady = seconds_of(step), math.huge
    for _ = 1, 5 do steady = math.min(steady, seconds_of(step)) end
    net.compile[#net.compile + 1] = first - steady
end

-- The rounds.

local function all_probes(machine, nets)
    local list = table.move(machine.products, 1, #machine.products, 2, { machine.memory })
    for _, probe in next, machine.functions do list[#list + 1] = probe end
    for _, net in ipairs(nets) do
        net.probe = new_probe(new_step(net), net.flops)
        list[#list + 1] = net.probe
    end
    return list
end

local function run_rounds(o, machine, nets)
    local probes, before = all_probes(machine, nets), ritz.run.threads()
    local start = clock()
    for round = 1, o.rounds do
        for _, net in ipairs(nets) do measure_compile(net) end
        for _, n in ipairs(THREADS) do
            ritz.run.threads(n)
            for _, probe in ipairs(probes) do measure(probe, n, o) end
        end
        ritz.run.progress(("round %d/%d"):format(round, o.rounds), round / o.rounds,
            (clock() - start) / round * (o.rounds - round))
    end
    ritz.run.threads(before)
end

-- The figures.

local function machine_figures(machine, threads)
    local figures = { threads = threads,
        product_gflops = product_rate(machine, threads) / 1e9,
        memory_gb = rate(machine.memory, threads) / 1e9 }
    for name, probe in next, machine.functions do
        figures[name .. "_ns"] = 1e9 / rate(probe, threads)
    end
    return figures
end

--- Microseconds of each part of the floor, and their sum.
local function floor_figures(net, of)
    local floor = { products = net.flops / of.product_gflops / 1e3,
        memory = net.bytes / of.memory_gb / 1e3, functions = 0.0 }
    for name, calls in next, net.calls do
        floor.functions = floor.functions + calls * of[name .. "_ns"] / 1e3
    end
    floor.sum = floor.products + floor.memory + floor.functions
    return floor
end

local function step_figures(net, of)
    local probe, floor = net.probe, floor_figures(net, of)
    local us = median(probe.median[of.threads]) * 1e6
    local least_us = probe.least[of.threads] * 1e6
    return { network = net.name, threads = of.threads, us = us, least_us = least_us,
        floor_us = floor, ratio = us / floor.sum, least_ratio = least_us / floor.sum,
        compile_ms = median(net.compile) * 1e3 }
end

local function all_figures(o, machine, nets)
    local one, two = table.unpack(machine.products[#machine.products].least)
    local f = { rounds = o.rounds, machine = {}, steps = {}, product = { m = 4096, n = 128,
        k = 784, one_us = one * 1e6, two_us = two * 1e6, speedup = one / two } }
    for i, n in ipairs(THREADS) do f.machine[i] = machine_figures(machine, n) end
    for _, net in ipairs(nets) do
        for _, of in ipairs(f.machine) do f.steps[#f.steps + 1] = step_figures(net, of) end
    end
    return f
end

-- Telling them.

local machine_rows = {
    { "products, GFLOP/s", "product_gflops" },
    { "memory, GB/s", "memory_gb" },
    { "tanh, ns an element", "tanh_ns" },
    { "exp, ns an element", "exp_ns" },
    { "log, ns an element", "log_ns" },
}

local function describe_machine(f, add)
    add("%-22s %10s %10s", "best calls", "1 thread", "2 threads")
    for _, row in ipairs(machine_rows) do
        add("%-22s %10.4g %10.4g", row[1], f.machine[1][row[2]], f.machine[2][row[2]])
    end
    local p = f.product
    add("%-22s %10.0f %10.0f  %.2f times faster",
        ("%dx%dx%d, us"):format(p.m, p.n, p.k), p.one_us, p.two_us, p.speedup)
end

local function describe(f)
    local lines = {}
    local function add(format, ...) lines[#lines + 1] = format:format(...) end
    describe_machine(f, add)
    add("\n%-16s %7s %9s %9s %9s %9s %7s %7s", ("%d rounds"):format(f.rounds), "threads",
        "us/step", "floor us", "ratio", "best us", "ratio", "compile")
    for _, s in ipairs(f.steps) do
        add("%-16s %7d %9.1f %9.1f %9.2f %9.1f %7.2f %4.1f ms", s.network, s.threads, s.us,
            s.floor_us.sum, s.ratio, s.least_us, s.least_ratio, s.compile_ms)
    end
    return table.concat(lines, "\n")
end

local json -- a value as JSON, keys in order

local function json_table(value)
    local parts, keys = {}, {}
    if #value > 0 then
        for i, v in ipairs(value) do parts[i] = json(v) end
        return "[" .. table.concat(parts, ", ") .. "]"
    end
    for key in next, value do keys[#keys + 1] = key end
    table.sort(keys)
    for i, key in ipairs(keys) do parts[i] = ("%q: %s"):format(key, json(value[key])) end
    return "{" .. table.concat(parts, ", ") .. "}"
end

json = function(value)
    if type(value) == "table" then return json_table(value) end
    return (type(value) == "number" and "%.9g" or "%q"):format(value)
end

--- Opened before the work, so that a wrong path costs no minute.
local function open(path)
    local file, why = io.open(path, "w")
    return file or error("bench: --json: a file to write wanted, got " .. why, 0)
end

local function main(words)
    local o = parse(words)
    local file = o.json and open(o.json)
    local machine, nets = new_machine(o), networks()
    run_rounds(o, machine, nets)
    local figures = all_figures(o, machine, nets)
    print(describe(figures))
    if file and not (file:write(json(figures), "\n") and file:close()) then
        error("bench: --json: cannot write " .. o.json, 0)
    end
end

if arg[1] == "--help" then print(usage()) else main(arg) end
