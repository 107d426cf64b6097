-- test_workloads.lua - the benchmark's workloads compute what PyTorch and JAX do.
--
-- The figures are those of scripts/peers, which agree on the digits given; the data
-- are the same on every system to the last bit. A loss before the fourth step tells
-- of gradient and optimiser too.

local t = require "tap"

local root = os.getenv "RITZ_SOURCE"
package.path = root .. "/scripts/workloads/?.lua;" .. package.path

local draw = require "draw"
local ritz = require "ritz"
local workloads = require "workloads"

-- First loss and that before the fourth step, or the result's number.
local known = {
    mlp_large = { 2.516332, 1.385215 }, mlp_small = { 1.853014, 1.062288 },
    conv = { 2.640187, 2.287950 }, transformer = { 4.640338, 4.241844 },
    lstm = { 0.884942, 0.825404 }, hvp = { 9.22269 }, slq = { 8.85407 },
    maml_hnn = { 1.035059, 1.000835 }, maml_hgnn = { 1.263508, 1.067364 },
    sample_cfg = { 0.516914 }, sample_apg = { 0.470945 },
    -- Close encounters magnify rounding: the peers differ in the fourth digit.
    leapfrog = { 6.05, tolerance = 2e-3 },
}

t.run("every workload computes what the peers compute", function()
    t.is(#workloads.names, 12, "twelve workloads")
    for _, name in ipairs(workloads.names) do
        local expected = known[name]
        local step, check = workloads[name].build()
        local tolerance = expected.tolerance or 2e-5
        t.near(check(step()), expected[1], tolerance * expected[1], name .. ": first")
        if expected[2] then
            step()
            step()
            t.near(check(step()), expected[2], tolerance * expected[2], name .. ": fourth")
        end
    end
end)

t.run("data that look random", function()
    local from = draw.source()
    local x, y = from.values { 300, 400 }, from.values { 300, 400 }
    -- Four deviations of the mean of n numbers of variance 1, and of their squares,
    -- whose variance is 9/5 - 1.
    local n = 300 * 400
    t.near(x:mean():item(), 0, 4 / math.sqrt(n), "mean")
    t.near((x * x):mean():item(), 1, 4 * math.sqrt(0.8 / n), "variance")
    t.near((x * y):mean():item(), 0, 4 / math.sqrt(n), "streams are unlike")
    t.near((x:slice(2, 1, -2) * x:slice(2, 2)):mean():item(), 0, 4 / math.sqrt(n), "neighbours")
    local labels = from.labels({ 1000 }, 4)
    t.is(labels:min():item(), 1, "classes from 1")
    t.is(labels:max():item(), 4, "to n")
    local z = draw.source "f64".values { 1000 }
    t.is(z.dtype, "f64", "dtype")
    t.is(ritz.run.digest(draw.source().values { 1000 }), ritz.run.digest(z:to "f32"),
        "the same numbers in f32")
end)

t.run("the floors count the work", function()
    -- 2 (forward and weights of 784x128; forward, weights and inputs of 128x10).
    t.is(workloads.mlp_large.work.flops, 2 * 128 * (2 * 784 * 128 + 3 * 128 * 10), "large")
    t.is(workloads.mlp_large.work.bytes, 24 * (784 * 128 + 128 + 128 * 10 + 10), "Adam's bytes")
    t.is(workloads.mlp_small.work.flops, 2 * 128 * (2 * 2 * 64 + 3 * 64 * 64 + 3 * 64 * 2),
        "small")
    t.is(workloads.mlp_small.work.functions.tanh, 128 * 128, "tanh of every hidden unit")
    t.is(workloads.sample_cfg.work.flops, 2 * 63 * 2 * 4096 * (4 * 128 + 2 * 128 * 128 + 128 * 2),
        "63 evaluations of two branches")
end)

t.done()
