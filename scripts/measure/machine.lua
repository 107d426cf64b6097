-- machine.lua - what the machine allows: the rates of products, memory and
-- functions, each that of the best call, since most calls fall between the turns of
-- other programs.

local ritz = require "ritz"

local clock = ritz.run.clock
local F32 = 4
local CHUNK = 8 -- megabytes of an array that one call of the triad takes

local machine = {}

--- Something to time: run(), the work that one call does, and by threads the
-- seconds of the best call.
local function new_probe(run, work) return { run = run, work = work, least = {} } end

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
local function function_probe(f, dtype)
    local n, count = 2 ^ 16 | 0, 8
    local chain = ritz.jit(function(x)
        for _ = 1, count do x = f(x) end
        return x
    end)
    local x = ritz.uniform { n, dtype = dtype }
    return new_probe(function() return chain(x) end, n * count)
end

-- What is added keeps the chains where values are of usual size.
local functions = {
    tanh = { ritz.tanh },
    exp = { function(x) return ritz.exp(-x) end },
    log = { function(x) return ritz.log(x + 2) end },
    sigmoid = { ritz.sigmoid },
    silu = { function(x) return ritz.silu(x) + 1 end },
    softplus = { ritz.softplus },
    sqrt64 = { ritz.sqrt, "f64" },
    div64 = { function(x) return 1.5 / x end, "f64" },
    add64 = { function(x) return x * 0.5 + 0.25 end, "f64" },
}

--- Probes of memory, of products, and of the functions that are in the set `wanted`.
function machine.new(wanted, megabytes)
    local self = {
        -- Forward and weight gradient of networks; then a large one.
        products = { product_probe(128, 128, 784), product_probe(784, 128, 128),
            product_probe(128, 64, 64), product_probe(4096, 128, 784) },
        memory = triad_probe(megabytes),
        functions = {},
    }
    for name in next, wanted do
        self.functions[name] = function_probe(table.unpack(functions[name]))
    end
    return self
end

--- Each probe for some time, with as many threads.
function machine.measure(self, threads, seconds)
    local probes = table.move(self.products, 1, #self.products, 2, { self.memory })
    for _, probe in next, self.functions do probes[#probes + 1] = probe end
    ritz.run.threads(threads)
    for _, probe in ipairs(probes) do
        -- Warm: the plan is compiled, memory is there, the other thread is awake.
        probe.run()
        local least, begin = probe.least[threads] or math.huge, clock()
        repeat
            local start = clock()
            probe.run()
            least = math.min(least, clock() - start)
        until clock() - begin > seconds
        probe.least[threads] = least
    end
end

--- Work per second in the best call.
local function rate(probe, threads) return probe.work / probe.least[threads] end

function machine.figures(self, threads)
    local best, of = 0, { threads = threads }
    for _, probe in ipairs(self.products) do best = math.max(best, rate(probe, threads)) end
    of.product_gflops, of.memory_gb = best / 1e9, rate(self.memory, threads) / 1e9
    for name, probe in next, self.functions do of[name .. "_ns"] = 1e9 / rate(probe, threads) end
    return of
end

--- Microseconds of each part of the work on a machine of such figures, and their sum.
function machine.floor(work, of)
    local floor = { products = work.flops / of.product_gflops / 1e3,
        memory = work.bytes / of.memory_gb / 1e3, functions = 0.0 }
    for name, count in next, work.functions do
        floor.functions = floor.functions + count * of[name .. "_ns"] / 1e3
    end
    floor.sum = floor.products + floor.memory + floor.functions
    return floor
end

return machine
